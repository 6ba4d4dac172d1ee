// @ts-check
import assert from 'node:assert/strict'
import test from 'node:test'
import { Call, Fact, Flag, Kind, Wait } from '#ipclab/event.js'
import { clone, fold, initial } from '#ipclab/fold.js'
import { Trace } from '#ipclab/trace.js'
import { sentence } from '#ipclab/words.js'
import { pipeHeader, script, shmHeader, signalsHeader, u64 } from './script.js'

/** @param {any} sc */
function end(sc) {
  const s = initial(sc.header)
  for (const e of sc.events) fold(s, e)
  return s
}

/** @param {any} part */
const bytes = part => part.slots.filter(Boolean).map((/** @type {any} */ s) => s.bytes)

test('a pipe takes as many writes as its pages allow', () => {
  // Measured on Linux: 640 writes of 100 bytes, 16 of 4095, 65536 of 1 byte, 11 of 4097 fill 64 KiB.
  for (const [size, fit, held] of [[100, 640, 64000], [4095, 16, 65520], [4096, 16, 65536], [1, 65536, 65536]]) {
    const sc = script(pipeHeader(1, 1))
    for (let i = 0; i < fit; i++) sc.send(1, 'pipe', size)
    const p = end(sc).parts[0]
    assert.equal(p.level, held, `${fit} writes of ${size}`)
    assert.equal(p.writes.length, 0)
    const s = end(sc.block(1, 'pipe', size, { msg: sc.next(1) }))
    assert.equal(s.parts[0].level, held, 'and one more sleeps with nothing in')
    assert.deepEqual(s.parts[0].sleepers, [1])
  }
  const sc = script(pipeHeader(1, 1))
  for (let i = 0; i < 10; i++) sc.send(1, 'pipe', 4097)
  sc.block(1, 'pipe', 4097, { msg: sc.next(1) })
  assert.equal(end(sc).parts[0].level, 45066, '10 whole and what fits of the 11th')
})

test('the remainder of a write joins the last page if it fits', () => {
  const s = end(script(pipeHeader(1, 1)).send(1, 'pipe', 5000).send(1, 'pipe', 100).send(1, 'pipe', 4000))
  assert.deepEqual(bytes(s.parts[0]), [4096, 1004, 4000])
  assert.equal(s.parts[0].slots[1].runs.length, 2)
})

test('a page that was read in part is not refilled at its front', () => {
  const s = end(script(pipeHeader(1, 1)).send(1, 'pipe', 3000).recv(2, 'pipe', 2000).send(1, 'pipe', 2000))
  assert.deepEqual(bytes(s.parts[0]), [1000, 2000])
  assert.equal(s.parts[0].tail, 0)
  const t = end(script(pipeHeader(1, 1)).send(1, 'pipe', 3000).recv(2, 'pipe', 3000).send(1, 'pipe', 10))
  assert.equal(t.parts[0].tail, 1)
})

test('packets do not merge, and a short read throws the rest away', () => {
  const h = pipeHeader(1, 1, { settings: { packets: 1 } })
  const s = end(script(h).send(1, 'pipe', 10).send(1, 'pipe', 10).recv(2, 'pipe', 4))
  assert.deepEqual(bytes(s.parts[0]), [10])
})

test('bytes of a write that sleeps are in the pipe', () => {
  const sc = script(pipeHeader(1, 1))
  const msg = sc.next(1)
  sc.block(1, 'pipe', 100000, { msg })
  let s = end(sc)
  assert.equal(s.parts[0].level, 65536)
  assert.equal(s.procs[0]?.call?.open, true)
  sc.recv(2, 'pipe', 4096, { level: 61440 })
  assert.equal(end(sc).parts[0].level, 61440, 'the writer is not awake yet')
  sc.level('pipe', 65536)
  s = end(sc)
  assert.equal(s.parts[0].level, 65536, 'now it has filled the page')
  for (let i = 0; i < 8; i++) sc.recv(2, 'pipe', 4096)
  sc.send(1, 'pipe', 100000, { msg })
  s = end(sc)
  assert.equal(s.parts[0].level, 100000 - 9 * 4096)
  assert.equal(s.procs[0]?.st, 'running')
  assert.equal(s.parts[0].writes.length, 0)
})

test('what is read before its write returned comes from the write that sleeps', () => {
  const sc = script(pipeHeader(1, 1, { scene: { ...pipeHeader(1, 1).scene, parts: [{ id: 'pipe', type: 'pipe', object: '', cap: 4096, offset: 0 }] } }))
  sc.block(1, 'pipe', 10000, { msg: sc.next(1) }).recv(2, 'pipe', 4096).recv(2, 'pipe', 4096).recv(2, 'pipe', 1808).send(1, 'pipe', 10000, { msg: sc.last(1) })
  const p = end(sc).parts[0]
  assert.equal(p.level, 0)
  assert.ok(p.sure)
})

test('a read may tell of a write before that has its record', () => {
  const sc = script(pipeHeader(1, 1))
  const msg = sc.next(1)
  sc.recv(2, 'pipe', 5000, { msg, level: 60536 }).recv(2, 'pipe', 5000, { msg, level: 60000 })
  assert.equal(end(sc).parts[0].level, 60000)
  sc.send(1, 'pipe', 100000, { msg })
  const p = end(sc).parts[0]
  assert.ok(p.sure)
  assert.equal(p.level + p.writes.reduce((/** @type {number} */ n, /** @type {any} */ w) => n + w.left, 0), 90000)
  const other = script(pipeHeader(1, 1)).recv(2, 'pipe', 50, { msg: 2 ** 40 + 1 }).send(1, 'pipe', 50, { msg: 2 ** 40 + 2 })
  assert.equal(end(other).parts[0].slots, null, 'nor may it tell of one that never comes')
})

test('a write that is larger than the pipe and was not seen to sleep follows by itself', () => {
  const sc = script(pipeHeader(1, 1)).send(1, 'pipe', 200000)
  assert.equal(end(sc).parts[0].level, 65536)
  for (let i = 0; i < 48; i++) sc.recv(2, 'pipe', 4096)
  assert.equal(end(sc).parts[0].level, 200000 - 48 * 4096)
})

test('a stop takes a sleeper out of its queue; gone on, it sleeps behind the others', () => {
  const sc = script(pipeHeader(2, 1))
  for (const n of [1, 2]) sc.block(n, 'pipe', 70000, { msg: sc.next(n) }).state(n, 'S', Wait.PIPE_WRITE, 'pipe')
  assert.deepEqual(end(sc).parts[0].sleepers, [1, 2])
  sc.state(1, 'T')
  assert.deepEqual([end(sc).parts[0].sleepers, end(sc).procs[0]?.st], [[2], 'stopped'])
  sc.state(1, 'S', Wait.PIPE_WRITE, 'pipe')
  assert.deepEqual([end(sc).parts[0].sleepers, end(sc).procs[0]?.st], [[2, 1], 'blocked'])
})

test('what cannot be is not drawn, until the pipe is known to be empty', () => {
  const sc = script(pipeHeader(1, 1)).recv(2, 'pipe', 100)
  assert.equal(end(sc).parts[0].slots, null)
  sc.send(1, 'pipe', 50).level('pipe', 50)
  assert.equal(end(sc).parts[0].level, 50)
  sc.recv(2, 'pipe', 50).level('pipe', 0).send(1, 'pipe', 70)
  assert.deepEqual(bytes(end(sc).parts[0]), [70])
  assert.equal(end(script(pipeHeader(1, 1)).send(1, 'pipe', 9).lost(5)).parts[0].slots, null)
})

test('a killed writer leaves an open write, which is settled later', () => {
  const sc = script(pipeHeader(1, 1))
  sc.block(1, 'pipe', 70000, { msg: sc.next(1) }).send(1, 'pipe', 70000, { msg: sc.last(1), ret: 0, flags: Flag.OPEN }).exit(1, -9)
  const s = end(sc)
  assert.equal(s.parts[0].level, 65536)
  assert.equal(s.procs[0]?.st, 'gone')
  assert.deepEqual(s.procs[0]?.exit, { code: 0, signal: 9 })
  assert.deepEqual(s.parts[0].sleepers, [])
})

test('another capacity moves the pages to the start of a new ring', () => {
  const sc = script(pipeHeader(1, 1)).send(1, 'pipe', 8192).recv(2, 'pipe', 4096).fact(Fact.CAPACITY, { part: 1, level: 8192 })
  const p = end(sc).parts[0]
  assert.equal(p.slots.length, 2)
  assert.deepEqual([p.tail, p.head, p.level], [0, 1, 4096])
})

test('held, blocked, stopped and gone are told apart', () => {
  const sc = script(pipeHeader(1, 1)).spawn(1, 11).spawn(2, 12).gate(1, 1)
  assert.equal(end(sc).procs[0]?.st, 'held')
  sc.gate(1, 0).send(1, 'pipe', 1)
  assert.equal(end(sc).procs[0]?.round, 1)
  sc.block(1, 'pipe', 1)
  assert.equal(end(sc).procs[0]?.st, 'blocked')
  sc.fault(1, 19).state(1, 'T')
  assert.equal(end(sc).procs[0]?.st, 'stopped')
  sc.state(1, 'S', 2)
  assert.equal(end(sc).procs[0]?.st, 'blocked')
  sc.wake(1, 'pipe').send(1, 'pipe', 1).state(1, 'Z')
  assert.equal(end(sc).procs[0]?.st, 'zombie')
  sc.exit(1, 0)
  assert.equal(end(sc).procs[0]?.st, 'gone')
})

test('a lost update, in the words and in the memory', () => {
  const sc = script(shmHeader(2)).spawn(1, 11).spawn(2, 12).store(1, 'counter', 7)
  sc.load(1, 'counter', 7).load(2, 'counter', 7).store(1, '', 8).store(1, 'counter', 8).store(2, '', 8).store(2, 'counter', 8, { flags: Flag.CONFLICT })
  const s = end(sc)
  const p = s.parts[1]
  assert.equal(p.value, 8)
  assert.equal(p.writer, 2)
  assert.equal(p.conflict.over, 8)
  assert.equal(s.procs[1]?.reg?.seen, 7)
  assert.deepEqual(sentence(/** @type {any} */ (sc.events.at(-1)), s, sc.header), { who: 'worker2', text: 'stores 8 over 8 ! one lost', bold: '! one lost', bad: true })
})

test('semaphores count what the kernel says, and items are sent and taken', () => {
  const h = /** @type {any} */ (shmHeader(2))
  h.scene.parts.push({ id: 'empty', type: 'sem', object: '7', cap: 2, holds: 'slots', offset: 0 }, { id: 'slot1', type: 'word', object: '', in: 'page', offset: 512, size: 8, law: 'value', holds: 'items' })
  const sc = script(h).spawn(1, 11).spawn(2, 12).level('empty', 1)
  sc.lock(1, 'empty', 0, 0, { call: 8, level: 0 }).store(1, 'slot1', 11).store(2, 'slot1', 0)
  let s = end(sc)
  assert.deepEqual([s.parts.find(p => p.id === 'empty')?.value, s.procs[0]?.locks, s.procs[0]?.n.sent, s.procs[1]?.n.received, s.procs[1]?.n.sent], [0, [], 1, 1, 0])
  s = end(sc.level('empty', 1).unlock(2, 'empty', 0, { call: 8, level: 1 })) // the lab had looked in between
  assert.equal(s.parts.find(p => p.id === 'empty')?.value, 1)
})

test('a lock whose owner dies', () => {
  const sc = script(shmHeader(2, { lock: true })).spawn(1, 11).spawn(2, 12).lock(1, 'lock', 0, 1).lock(2, 'lock', 11, 0)
  let s = end(sc.block(2, 'lock', 0, { call: 4 }))
  assert.deepEqual([s.parts[2].owner, s.parts[2].sleepers, s.procs[0]?.locks], [1, [2], [3]])
  sc.exit(1, -9).level('lock', 0xc0000000).wake(2, 'lock', { call: 4 })
  s = end(sc)
  assert.deepEqual([s.parts[2].ownerDied, s.parts[2].owner, s.parts[2].last, s.parts[2].sleepers], [true, 0, 1, []])
  s = end(sc.lock(2, 'lock', 0xc0000000, 1, { flags: Flag.OWNERDIED }))
  assert.equal(s.parts[2].owner, 2)
  s = end(sc.unlock(2, 'lock', 0).add({ kind: Kind.WAKE, call: 4, proc: 2, part: 3, ret: 0 }))
  assert.equal(s.parts[2].word, 0)
  assert.deepEqual(s.procs[1]?.locks, [])
})

test('standard signals merge, real-time ones queue', () => {
  const sc = script(signalsHeader()).spawn(1, 11).spawn(2, 12)
  for (let i = 0; i < 5; i++) sc.signal(1, 'signals', 10)
  sc.signal(1, 'signals', 38, 1).signal(1, 'signals', 36, 2).signal(1, 'signals', 36, 3)
  let p = end(sc).parts[0]
  assert.deepEqual([p.std[10].pending, p.std[10].merged, p.level], [true, 4, 4])
  sc.deliver(2, 'signals', 10).deliver(2, 'signals', 36, 2)
  p = end(sc).parts[0]
  assert.deepEqual([p.std[10].pending, p.rt[36].queue.map((/** @type {any} */ x) => x.value), p.deliverNow.signo, p.level], [false, [3], 36, 2])
  sc.fact(Fact.SIGBLK, { proc: 2, data: u64(1n << 9n) })
  assert.equal(end(sc).procs[1]?.masks.sigblk, 512n)
})

test('a handler runs, and the call that it interrupts sleeps on', () => {
  const sc = script(signalsHeader(true)).spawn(1, 11).spawn(2, 12)
  const by = { call: Call.NONE, flags: Flag.HANDLER }
  sc.load(2, 'flag', 0).block(2, 'signals', 0, { call: Call.PAUSE, at: 50 }).signal(1, 'signals', 10)
  sc.deliver(2, 'signals', 10, 0, by).store(2, 'flag', 1, { ...by, ret: 8 })
  let s = end(sc)
  const [q, p, flag] = [s.procs[1], s.parts[0], s.parts[1]]
  assert.deepEqual([q?.st, q?.asleep, q?.n.received, q?.handler?.runs, q?.reg?.value], ['blocked', true, 1, 1, 0])
  assert.deepEqual([p.std[10].pending, p.std[10].delivered, flag.value], [false, 1, 1])
  sc.deliver(2, 'signals', 0, 0, { call: Call.PAUSE, at: 50, dur: 900, ret: -4 })
  s = end(sc)
  assert.deepEqual([s.procs[1]?.st, s.procs[1]?.n.received, s.procs[1]?.n.errors], ['running', 1, 1])
})

test('signal 0 is not sent', () => {
  const sc = script(signalsHeader()).spawn(1, 11).spawn(2, 12).signal(1, 'signals', 0)
  const s = end(sc)
  assert.deepEqual([s.procs[0]?.n.sent, s.parts[0].level, Object.keys(s.parts[0].std)], [0, 0, []])
})

test('a process that a signal ends took none, and what was pending goes with it', () => {
  const sc = script(signalsHeader()).spawn(1, 11).spawn(2, 12).signal(1, 'signals', 10).signal(1, 'signals', 35, 1)
  sc.deliver(2, 'signals', 0, 0, { flags: Flag.OPEN })
  let s = end(sc)
  assert.deepEqual([s.parts[0].level, Object.keys(s.parts[0].std), s.procs[1]?.n.received], [2, ['10'], 0])
  assert.equal(sentence(/** @type {any} */ (sc.events.at(-1)), s, sc.header).text, 'rt_sigtimedwait was cut off: outcome unknown')
  s = end(sc.exit(2, -10))
  assert.deepEqual([s.parts[0].level, s.parts[0].std[10].pending, s.parts[0].rt[35].queue], [0, false, []])
})

test('a seek gives the same state as a straight fold, at every index', () => {
  const sc = script(pipeHeader(4, 3))
  for (let i = 1; i <= 7; i++) sc.spawn(i, 100 + i)
  let seed = 7
  const rnd = (/** @type {number} */ n) => (seed = (seed * 48271) % 2147483647) % n
  let level = 0
  while (sc.events.length < 5000) {
    const n = 1 + rnd(9000)
    if (level + n < 40000 && rnd(2)) {
      sc.send(1 + rnd(4), 'pipe', n)
      level += n
    } else if (level > 0) {
      const k = Math.min(level, n)
      sc.recv(5 + rnd(3), 'pipe', k)
      level -= k
    }
    if (rnd(97) === 0) sc.fact(Fact.CAPACITY, { part: 1, level: [65536, 131072][rnd(2)] })
    if (rnd(50) === 0) sc.gate(1 + rnd(7), 1)
  }
  const whole = new Trace(sc.header)
  whole.push(sc.events)
  const s = initial(sc.header)
  const straight = sc.events.map(e => {
    fold(s, e)
    return JSON.stringify(s, (_, v) => (typeof v === 'bigint' ? String(v) : v))
  })
  const order = sc.events.map((_, i) => i).sort((a, b) => ((a * 7919) % 5003) - ((b * 7919) % 5003))
  for (const i of order.filter((_, k) => k % 4 === 0 || k < 64)) {
    assert.equal(JSON.stringify(whole.state(i), (_, v) => (typeof v === 'bigint' ? String(v) : v)), straight[i], `at ${i}`)
  }
  const thin = new Trace(sc.header, 2048)
  for (let i = 0; i < sc.events.length; i += 100) thin.push(sc.events.slice(i, i + 100))
  assert.ok(thin.thinned > 0)
  assert.equal(JSON.stringify(thin.state(thin.length - 1), (_, v) => (typeof v === 'bigint' ? String(v) : v)), straight.at(-1))
})

test('a trace finds events by number and by time, and tells of gaps', () => {
  const sc = script(pipeHeader(1, 1)).spawn(1, 1).send(1, 'pipe', 5).recv(2, 'pipe', 5).send(1, 'pipe', 5)
  const t = new Trace(sc.header)
  t.push(sc.events.slice(0, 2))
  t.gap(9)
  t.push(sc.events.slice(3).map(e => ({ ...e, seq: e.seq + 9 })))
  assert.equal(t.length, 4)
  assert.equal(t.at(2).kind, Kind.LOST)
  assert.equal(t.at(2).level, 9)
  assert.equal(t.indexOf(13), 3)
  assert.equal(t.indexOf(7), -1)
  assert.equal(t.indexAt(t.first - 1), -1)
  assert.equal(t.indexAt(t.last), 3)
  assert.equal(t.state(-1).seq, 0)
  const says = (/** @type {number} */ why) => {
    const of = new Trace(sc.header)
    of.gap(3, why)
    of.push(sc.events)
    return sentence(of.at(0), of.state(0), sc.header).text
  }
  assert.deepEqual([1, 2].map(says), ['3 records not sent to this page: the picture has a hole here', '3 records not kept in this recording: the picture has a hole here'])
  t.push(sc.events)
  assert.equal(t.length, 4, 'what is there is not taken twice')
})

test('the fold is fast', () => {
  const sc = script(pipeHeader(1, 1))
  for (let i = 0; i < 20000; i++) i % 2 ? sc.recv(2, 'pipe', 512) : sc.send(1, 'pipe', 512)
  const run = () => {
    const s = initial(sc.header)
    const began = performance.now()
    for (const e of sc.events) fold(s, e)
    return sc.events.length / (performance.now() - began) / 1000
  }
  for (let i = 0; i < 5; i++) run()
  const rate = Math.max(run(), run(), run())
  assert.ok(rate > 0.3, `${rate.toFixed(2)} million events a second`) // measured 2 and more; a busy machine may be slower
  assert.deepEqual(clone({ a: [1, { b: null }] }), { a: [1, { b: null }] })
})

test('where records are missing, memory holds what was looked up, not what was added up', () => {
  const sc = script(shmHeader(2)).spawn(1, 11).spawn(2, 12).store(1, 'counter', 7)
  sc.add({ kind: Kind.LOST, level: 1000, ret: 1 })
  assert.equal(end(sc).parts[sc.part('counter') - 1].value, null)
  const looked = { kind: Kind.STATE, call: Fact.LEVEL, part: sc.part('counter'), level: 812 }
  sc.add(looked)
  const p = end(sc).parts[sc.part('counter') - 1]
  assert.equal(p.value, 812)
  assert.equal(p.writer, 0)
  sc.add({ kind: Kind.STATE, call: Fact.SAMPLE, level: 16 }).store(2, 'counter', 813).add({ ...looked, level: 990 })
  assert.equal(end(sc).parts[sc.part('counter') - 1].value, 990)
})
