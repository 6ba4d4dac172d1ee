package lessons

import (
	"fmt"
	"testing"

	"ipclab/lab"
)

// The parts of shmScene.
const (
	thePage = iota + 1
	theCounter
	theLock
	theRecord
	theSem
)

func stores(proc, part uint16, at int64, offset uint32, value uint64) lab.Event {
	return lab.Event{Kind: lab.Store, Proc: proc, Part: part, At: at, Want: offset, Ret: 8, Data: data(value)}
}

func TestBookWords(t *testing.T) {
	s := tell(t, &shmInfo, &shmScene)
	s.unknown("nobody has asked", `counter == 0`, `counter_word.value == 0`, `lost == 0`)
	s.add(stores(1, theCounter, 10, 0, 1))
	s.holds(`counter == 1 and expected == 1 and lost == 0`, `counter_word.value == 1`, `worker1.sent == 1`)
	s.add(stores(2, theCounter, 20, 0, 5)) // worker1 may still be within its store
	s.unknown("at the same time", `counter == 5`)
	s.fact(lab.FactLevel, lab.Event{Part: theCounter, At: 30, Level: 5})
	s.holds(`counter == 5 and expected == 2 and lost == -3`)
	s.add(lab.Event{Kind: lab.Load, Proc: 1, Part: theCounter, At: 40, Ret: 8})
	s.add(stores(2, theCounter, 50, 0, 6))
	s.holds(`counter == 6`) // worker1 was doing something else
	s.fact(lab.FactMap, lab.Event{Proc: 1, Part: thePage, Level: 0x1000})
	s.holds(`page.size == 4096 and page.attached == 1`, `worker1.addr("page") == 4096 and worker1.addr("lock") == 4096 + 64`)
	s.unknown("has not mapped", `worker2.addr("page") == 0`)
	s.unknown("has no name", `page.exists`, `page.blocks == 0`)
	s.fact(lab.FactExists, lab.Event{Part: thePage, Level: 1})
	s.fact(lab.FactLevel, lab.Event{Part: thePage, Level: 8192})
	s.holds(`page.exists and page.blocks == 16`)

	// With an outcome the memory itself was read at that moment.
	level := int64(40)
	s.o = &lab.Outcome{Totals: lab.Totals{Sent: 42}, Parts: []lab.PartOutcome{{ID: "counter", Level: &level}}}
	s.holds(`counter == 40 and expected == 42 and lost == 2`)
}

func TestBookRecord(t *testing.T) {
	s := tell(t, &shmInfo, &shmScene)
	s.holds(`record.words == [0, 0] and not record.torn`)
	s.add(stores(1, theRecord, 10, 0, 11))
	s.holds(`record.words == [11, 0] and record.torn`)
	s.add(stores(1, theRecord, 20, 8, 11))
	s.holds(`record.words == [11, 11] and not record.torn`)
	s.add(stores(2, theRecord, 25, 0, 22)) // both at once, but at different words
	s.holds(`record.words == [22, 11] and record.torn`)
	s.add(stores(2, theRecord, 30, 8, 22)) // worker1 may come last
	s.unknown("at the same time", `record.torn`, `record.words == [22, 22]`)
	s.add(lab.Event{Kind: lab.Load, Proc: 1, Part: theCounter, At: 31})
	s.add(stores(2, theRecord, 40, 8, 33))
	s.holds(`record.words == [22, 33] and record.torn`)
	killed := stores(2, theRecord, 50, 0, 33)
	killed.Flags = lab.Open
	s.add(killed)
	s.unknown("killed while it stored", `record.torn`, `record.words == [33, 33]`)
	s.add(lab.Event{Kind: lab.Lost, Proc: 1, Level: 1})
	s.unknown("are not here", `record.torn`, `record.words == [33, 33]`)
}

func lock(proc uint16, at int64, found uint64, ret int32) lab.Event {
	return lab.Event{Kind: lab.Lock, Proc: proc, Part: theLock, At: at, Data: data(found), Ret: ret}
}

func TestBookLock(t *testing.T) {
	s := tell(t, &shmInfo, &shmScene)
	s.add(lock(1, 10, 0, 1))
	s.holds(`lock.owner == "worker1" and lock.value == 101 and lock.sleepers == 0 and not lock.owner_died`)
	s.add(lock(2, 20, 101, 0))
	wait := lab.Event{Kind: lab.Block, Call: lab.CallFutex, Proc: 2, Part: theLock, At: 30, Want: 0x80000065}
	s.add(asleep(wait, lab.WaitFutex))
	s.fact(lab.FactLevel, lab.Event{Part: theLock, At: 35, Level: 0x80000065})
	s.holds(`lock.sleepers == 1 and lock.owner == "worker1" and lock.value == 2147483749`, `worker2.blocked_in == "futex"`,
		`len(waitfor) == 1 and waitfor[0].from == "worker2" and waitfor[0].to == "worker1" and waitfor[0].on == "lock"`, `not has_cycle(waitfor)`,
		`worker2.calls("futex") == 1 and count_of("worker2", "block") == 1`, `worker1.calls("futex") == 0`)
	s.add(lab.Event{Kind: lab.Unlock, Proc: 1, Part: theLock, At: 40})
	s.add(lab.Event{Kind: lab.Wake, Call: lab.CallFutex, Proc: 1, Part: theLock, At: 50, Dur: 5, Ret: 1})
	wait.Dur = 25
	s.add(wait)
	s.holds(`lock.owner == "" and lock.sleepers == 0 and lock.value == 0`, `count_of("worker2", "block") == 1`, `len(waitfor) == 0`, `worker1.calls("futex") == 1`)
	s.add(lab.Event{Kind: lab.Block, Call: lab.CallFutex, Proc: 2, Part: theLock, At: 60, Dur: 3, Ret: -11})
	s.holds(`count_of("worker2", "block") == 1`, `worker2.errors("EAGAIN") == 1`) // it did not sleep
	died := lock(2, 70, 0x40000000, 1)
	died.Flags = lab.OwnerDied
	s.add(died)
	s.holds(`lock.owner_died and lock.owner == "worker2"`, `last_of("worker2", "lock").owner_died`, `bitand(lock.value, 1073741824) != 0`)
	s.fact(lab.FactLevel, lab.Event{Part: theLock, At: 80, Level: 9999})
	s.unknown("none of the workers", `lock.owner == ""`)
}

func TestBookDeadlock(t *testing.T) {
	scene := shmScene
	scene.Parts = append([]lab.Part{}, shmScene.Parts...)
	scene.Parts[theRecord-1] = lab.Part{ID: "lock2", Type: lab.Futex, In: "page", Offset: 192}
	s := tell(t, &shmInfo, &scene)
	other := lock(2, 10, 0, 1)
	other.Part = theRecord
	s.add(lock(1, 10, 0, 1))
	s.add(other)
	s.add(asleep(lab.Event{Call: lab.CallFutex, Proc: 1, Part: theRecord, At: 20, Want: 0x80000066}, lab.WaitFutex))
	s.holds(`not has_cycle(waitfor)`)
	s.add(asleep(lab.Event{Call: lab.CallFutex, Proc: 2, Part: theLock, At: 20, Want: 0x80000065}, lab.WaitFutex))
	s.holds(`has_cycle(waitfor) and len(waitfor) == 2`)
}

func TestBookSemaphore(t *testing.T) {
	s := tell(t, &shmInfo, &shmScene)
	op := func(kind lab.Kind, proc uint16, at int64) lab.Event {
		return lab.Event{Kind: kind, Call: lab.CallSemop, Proc: proc, Part: theSem, At: at, Dur: 2}
	}
	s.unknown("nobody has asked", `sem.value == 1`)
	s.add(op(lab.Lock, 1, 10))
	s.fact(lab.FactState, lab.Event{Proc: 2, Part: theSem, At: 15, Data: [8]byte{'S', byte(lab.WaitSem)}})
	s.holds(`sem.sleepers == 1`, `waitfor[0].to == "worker1" and waitfor[0].on == "sem" and len(waitfor) == 1`, `worker2.blocked_in == "semop"`)
	s.add(op(lab.Unlock, 1, 20))
	s.add(op(lab.Lock, 2, 12))
	s.holds(`sem.sleepers == 0`, `worker1.calls("semop") == 2 and worker2.calls("semop") == 1`)
}

func TestBookSignals(t *testing.T) {
	s := tell(t, &signalsInfo, &signalsScene)
	send := func(n uint32, ret int32) {
		s.add(lab.Event{Kind: lab.Signal, Call: lab.CallKill, Proc: 1, Part: 1, Want: n, Ret: ret})
	}
	take := func(n uint32, f lab.Flags) {
		s.add(lab.Event{Kind: lab.Deliver, Call: lab.CallRtSigtimedwait, Proc: 2, Part: 1, Want: n, Ret: int32(n), Flags: f})
	}
	s.unknown("has not looked", `signals.queued == 0`)
	s.fact(lab.FactSigBlk, lab.Event{Proc: 2, Data: data(1<<9 | 1<<37)})
	for range 3 {
		send(10, 0)
		send(38, 0)
	}
	send(0, 0)
	send(38, -11)
	s.holds(`signals.queued == 4`, `sent == 6 and sender.sent_signals("SIGUSR1") == 3 and sender.sent_signals("SIG38") == 3`, `lost == 2`, `sender.errors("EAGAIN") == 1`)
	take(10, 0)
	take(38, 0)
	s.holds(`signals.queued == 2`, `receiver.taken("SIGUSR1") == 1 and receiver.taken("SIG38") == 1 and receiver.taken("SIGUSR2") == 0`, `received == 2 and lost == 2`)
	// By hand: one that is blocked waits, another acts at once.
	s.add(lab.Event{Kind: lab.Fault, Proc: 2, Want: 10, Flags: lab.User})
	s.add(lab.Event{Kind: lab.Fault, Proc: 2, Want: 18, Flags: lab.User})
	s.holds(`signals.queued == 3`, `lost == 2`)
	take(10, 0)
	s.holds(`signals.queued == 2`, `lost == 2`)
	// A handler does not wake the main program.
	s.add(asleep(lab.Event{Call: lab.CallPause, Proc: 2, Part: 1, At: 50}, lab.WaitPause))
	s.holds(`receiver.blocked_in == "pause"`, `waitfor[0].to == "sender"`)
	send(12, 0)
	take(12, lab.Handler)
	s.holds(`receiver.blocked_in == "pause" and receiver.taken("SIGUSR2") == 1`, `receiver.calls("pause") == 1 and receiver.calls("rt_sigtimedwait") == 3`,
		`last_of("receiver", "deliver").handler`)
}

func TestBookWaitsForPipe(t *testing.T) {
	s := tell(t, &pipeInfo, &pipeScene)
	for proc, how := range []uint32{lab.Writes, lab.Writes, lab.Reads} {
		s.fact(lab.FactFD, lab.Event{Proc: uint16(proc + 1), Part: 1, Ret: 7, Want: how})
	}
	s.add(asleep(wrote(writer1, 1, 10, 0, 4096, 0), lab.WaitPipeWrite))
	s.holds(`len(waitfor) == 1 and waitfor[0].to == "reader"`)
	s.add(wrote(writer1, 1, 10, 100, 4096, 4096))
	s.add(asleep(gotBytes(0, 20, 0, 8, 0), lab.WaitPipeRead))
	s.holds(`len(waitfor) == 2 and all(waitfor, .from == "reader") and not has_cycle(waitfor)`)
	// It keeps a write end open itself: it waits for itself.
	s.fact(lab.FactFD, lab.Event{Proc: theReader, Part: 1, Ret: 8, Want: lab.Writes})
	s.add(lab.Event{Kind: lab.Exit, Proc: writer1})
	s.add(lab.Event{Kind: lab.Exit, Proc: writer2})
	s.holds(`len(waitfor) == 1 and waitfor[0].to == "reader" and has_cycle(waitfor)`)
}

func TestPages(t *testing.T) {
	at := int64(0)
	step := func() int64 { at += 100; return at }
	full := func(want, fit int) (s *story) {
		s = tell(t, &pipeInfo, &pipeScene)
		s.fact(lab.FactFD, lab.Event{Proc: writer1, Part: 1, Ret: 7, Want: lab.Writes})
		s.fact(lab.FactFD, lab.Event{Proc: theReader, Part: 1, Ret: 7, Want: lab.Reads})
		for n := range fit {
			s.add(wrote(writer1, uint64(n+1), step(), 5, want, want))
		}
		s.add(asleep(wrote(writer1, uint64(fit+1), step(), 0, want, 0), lab.WaitPipeWrite))
		return s
	}
	level := func(s *story, n int) { s.fact(lab.FactLevel, lab.Event{Part: 1, At: step(), Level: int64(n)}) }
	// What was measured of a pipe of 16 pages, filled by writes of one size.
	for _, c := range []struct{ want, fit, bytes int }{{1, 65536, 65536}, {100, 640, 64000}, {2049, 16, 32784}, {4096, 16, 65536}, {4097, 10, 45066}} {
		s := full(c.want, c.fit)
		level(s, c.bytes)
		s.holds(fmt.Sprintf(`pipe.bytes == %d`, c.bytes), `pipe.pages == 16`)
	}
	// One byte read leaves the page in use; all of it frees it, and the writer goes on.
	s := full(4096, 16)
	s.add(gotBytes(lab.Message(1, 1), step(), 5, 1, 1))
	level(s, 65535)
	s.holds(`pipe.pages == 16`)
	s.add(gotBytes(lab.Message(1, 1), step(), 5, 4095, 4095))
	level(s, 65536)
	s.unknown("asked before the newest calls", `pipe.bytes == 65536`) // the write is not told yet
	s.add(wrote(writer1, 17, 1650, step(), 4096, 4096))
	s.holds(`pipe.pages == 16 and pipe.bytes == 65536`)
	level(s, 61440)
	s.unknown("asked before the newest calls", `pipe.pages == 16`, `pipe.bytes == 61440`)

	// A long write that sleeps has put in a part; the kernel's word may be older.
	s = tell(t, &pipeInfo, &pipeScene)
	s.add(asleep(wrote(writer1, 1, step(), 0, 100_000, 0), lab.WaitPipeWrite))
	level(s, 0)
	s.unknown("asked before the newest calls", `pipe.bytes == 0`)
	s.fact(lab.FactAgrees, lab.Event{Part: 1, Ret: 1})
	s.unknown("asked before the newest calls", `agrees`, `lost == 0`)
	level(s, 65536)
	s.holds(`pipe.bytes == 65536 and pipe.pages == 16`, `agrees and lost == 0`)
	for proc := uint16(1); proc <= theReader; proc++ {
		s.add(lab.Event{Kind: lab.Exit, Proc: proc, Ret: -9})
	}
	s.unknown("65\u00a0536 bytes are in pipe, and no reader is left", `lost == 0`)
	s.unknown("nobody is left who holds it", `pipe.bytes == 65536`, `pipe.pages == 16`)
}

func TestPagesInDoubt(t *testing.T) {
	s := tell(t, &pipeInfo, &pipeScene)
	level := func(at int64, n int) { s.fact(lab.FactLevel, lab.Event{Part: 1, At: at, Level: int64(n)}) }
	s.add(wrote(writer1, 1, 10, 5, 100, 100))
	s.add(wrote(writer1, 2, 20, 50, 100, 100)) // adds to the page, unless the read emptied the pipe before
	s.add(gotBytes(lab.Message(1, 1), 25, 10, 100, 100))
	level(80, 100)
	s.unknown("at the same time", `pipe.pages == 1`)
	s.add(gotBytes(lab.Message(1, 2), 90, 10, 100, 100))
	level(120, 0)
	s.holds(`pipe.pages == 0 and pipe.bytes == 0`)
	s.add(wrote(writer1, 3, 200, 50, 100, 100))
	s.add(wrote(writer2, 1, 210, 50, 300, 300)) // which came first?
	level(300, 400)
	s.unknown("at the same time", `pipe.pages == 1`)
}
