package lessons

import (
	"testing"

	"ipclab/lab"
)

// itemsScene has a slot for one item, and semaphores that count slots.
var itemsScene = lab.Scene{
	Procs: []lab.Proc{
		{Role: "producer1", Kind: "producer", Group: lab.Giver, Gates: []string{"put"}},
		{Role: "consumer1", Kind: "consumer", Group: lab.Taker, Gates: []string{"take"}},
	},
	Parts: []lab.Part{
		{ID: "page", Type: lab.Page, Cap: 4096},
		{ID: "slot1", Type: lab.Word, In: "page", Size: 8, Holds: lab.Items, Law: lab.Value},
		{ID: "slot2", Type: lab.Word, In: "page", Offset: 8, Size: 8, Holds: lab.Items, Law: lab.Value},
		{ID: "empty", Type: lab.Sem, Holds: "slots"},
		{ID: "mutex", Type: lab.Sem},
	},
	Wires: []lab.Wire{{From: "producer1", To: "page", As: lab.Map}, {From: "consumer1", To: "page", As: lab.Map}, {From: "consumer1", To: "empty", As: lab.Raise}},
}

// A store of a value puts an item in, a store of 0 takes it out; what is neither taken
// nor still in a slot is lost.
func TestBookItems(t *testing.T) {
	const slot1, slot2 = 2, 3
	s := tell(t, &shmInfo, &itemsScene)
	for part := uint16(slot1); part <= slot2; part++ {
		s.fact(lab.FactLevel, lab.Event{Part: part, At: 1})
	}
	s.holds(`sent == 0 and received == 0 and lost == 0`)
	s.add(stores(1, slot1, 10, 0, 11))
	s.add(stores(1, slot2, 20, 0, 21))
	s.holds(`sent == 2 and producer1.sent == 2 and lost == 0`, `slot1.value == 11`)
	s.add(stores(2, slot1, 30, 0, 0))
	s.holds(`received == 1 and consumer1.received == 1 and producer1.received == 0 and lost == 0`)
	s.add(lab.Event{Kind: lab.Load, Proc: 1, Part: slot1, At: 40, Ret: 8})
	s.add(stores(1, slot2, 50, 0, 31)) // over one that nobody has taken
	s.holds(`sent == 3 and received == 1 and lost == 1`)
}

// Who waits for a slot waits for those who make slots, and who waits for the mutex
// waits for the one who has it.
func TestBookWaitsForWhoRaises(t *testing.T) {
	const empty, mutex = 4, 5
	s := tell(t, &shmInfo, &itemsScene)
	took := func(part uint16, at int64) lab.Event {
		return lab.Event{Kind: lab.Lock, Call: lab.CallSemop, Proc: 1, Part: part, At: at, Dur: 2}
	}
	sleeps := func(proc, part uint16) {
		s.fact(lab.FactState, lab.Event{Proc: proc, Part: part, At: 50, Data: [8]byte{'S', byte(lab.WaitSem)}})
	}
	s.add(took(empty, 10))
	s.add(took(mutex, 20))
	sleeps(1, empty)
	s.holds(`len(waitfor) == 1 and waitfor[0].to == "consumer1" and waitfor[0].on == "empty"`, `not has_cycle(waitfor)`)
	sleeps(2, mutex)
	s.holds(`has_cycle(waitfor)`, `waitfor[1].from == "consumer1" and waitfor[1].to == "producer1"`)
}
