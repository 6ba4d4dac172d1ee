// @ts-check
import assert from 'node:assert/strict'
import test from 'node:test'
import { Call, Flag, Kind, Mode } from '#ipclab/event.js'
import { beginFor, fitSpan, ladder, nice, opsAxis, Scale, stepsOf, timeAxis } from '#ipclab/axis.js'
import { lanesOf } from '#ipclab/lanes.js'
import { axisText } from '#ipclab/paint.js'
import { heatOf, latencyOf, quantile } from '#ipclab/plot.js'
import { neighbour } from '#ipclab/timeline.js'
import { lostUpdate, made, message, pipe, Run } from './run-kit.js'

test('operations are numbered in the order of the run, a call that sleeps twice', () => {
  const { trace } = pipe()
  const steps = stepsOf(trace)
  assert.equal(steps.seqs.length, 19) // 16 writes, one that sleeps, a read, and the write that slept
  assert.equal(steps.upTo(0), 0)
  assert.equal(steps.upTo(trace.at(trace.length - 1).seq), 19)
  assert.equal(stepsOf(trace), steps, 'numbered once for all panels')
  trace.push([{ ...trace.at(trace.length - 1), seq: 1000, kind: Kind.SEND, flags: Flag.PACED }])
  assert.equal(stepsOf(trace).seqs.length, 20, 'what is new is added')
})

test('in Step each operation has a column of its own', () => {
  const { trace, header } = pipe()
  const steps = stepsOf(trace)
  const axis = opsAxis(steps, 15, 8)
  const first = trace.indexOf(steps.seqs[13] ?? 0)
  const { lanes, parts } = lanesOf(trace, header, axis, first)
  const writes = lanes[0]?.items.filter(i => i.k === 'op') ?? []
  assert.deepEqual(writes.map(i => Math.floor(i.a)), [15, 16, 19])
  for (const w of writes) assert.ok(Math.abs(w.b - w.a - 0.88) < 1e-9, 'equal width')
  const asleep = lanes[0]?.items.find(i => i.k === 'blocked')
  assert.ok(asleep && asleep.a > 17 && asleep.a < 17.2 && asleep.b >= 18 && asleep.b <= 19.1, JSON.stringify(asleep))
  assert.equal(asleep.t, 'blocked in write')
  assert.equal(Math.floor(lanes[1]?.items.find(i => i.k === 'op')?.a ?? 0), 18)
  assert.deepEqual(parts[0]?.steps.map(s => s.v).slice(-3), [65536, 61440, 65536])
})

test('FUTEX_WAKE is an operation, that a sleeper goes on is none', () => {
  const { header } = lostUpdate()
  const r = new Run().mode(Mode.STEP).spawn(1, 4711).spawn(2, 4712)
  const futex = { call: Call.FUTEX, part: 2, flags: Flag.PACED }
  r.wait(1e9).add({ ...futex, kind: Kind.BLOCK, proc: 2 }).wait(1e9).add({ ...futex, kind: Kind.WAKE, proc: 1, ret: 1 })
  r.wait(1e3).add({ ...futex, kind: Kind.WAKE, proc: 2 })
  const { trace } = made(header, r)
  assert.deepEqual(stepsOf(trace).seqs, [4, 5])
  const { lanes } = lanesOf(trace, header, opsAxis(stepsOf(trace), 1, 8), 0)
  assert.deepEqual(lanes[0]?.items.map(i => i.t), ['wake'])
})

test('an old value is a window from load to store, and the store in it is marked', () => {
  const { trace, header } = lostUpdate()
  const axis = opsAxis(stepsOf(trace), 1, 8)
  const { lanes, parts } = lanesOf(trace, header, axis, 0)
  const window = lanes[1]?.items.find(i => i.k === 'window')
  assert.ok(window && Math.floor(window.a) === 2 && Math.floor(window.b) === 6, JSON.stringify(window))
  assert.match(window.t, /B holds the old 7/)
  assert.deepEqual(lanes[0]?.items.filter(i => i.k === 'conflict').map(i => i.t), ['store 8'])
  assert.deepEqual(lanes[0]?.items.filter(i => i.k === 'op').map(i => i.t), ['load 7', 'add'])
  assert.equal(parts[0]?.due?.v, 9, 'it is 8 and should be 9')
})

test('until the holder stores, nothing is wrong yet', () => {
  const { header, run } = lostUpdate()
  const five = run.events.findIndex(e => (e.flags & Flag.CONFLICT) !== 0)
  const r = new Run()
  r.events = run.events.slice(0, five)
  const { trace } = made(header, r)
  const { lanes, loads } = lanesOf(trace, header, opsAxis(stepsOf(trace), 1, 8), 0)
  assert.equal(lanes.flatMap(l => l.items).filter(i => i.k === 'conflict').length, 0)
  assert.ok(loads.find(w => w.p === 2)?.hit, 'but the window is open')
})

test('a window that began before the axis is still seen', () => {
  const { trace, header } = lostUpdate()
  const steps = stepsOf(trace)
  const { lanes } = lanesOf(trace, header, opsAxis(steps, 4, 4), trace.indexOf(steps.seqs[3] ?? 0) - 1)
  assert.ok(lanes[1]?.items.some(i => i.k === 'window'))
})

test('silence is cut, and time can be read back', () => {
  const s = new Scale(0, [10, 20, 1020, 1030], 50)
  assert.deepEqual(s.cuts, [{ a: 20, b: 70 }])
  assert.equal(s.u(20), 20)
  assert.equal(s.u(1020), 70)
  assert.equal(s.u(1025), 75)
  assert.equal(s.u(5000), 130, 'beyond the end it stands still')
  assert.equal(s.at(75), 1025)
  assert.equal(s.at(10), 10)
  for (const ns of [0, 5, 20, 500, 1020, 1030]) assert.ok(Math.abs(s.at(s.u(ns)) - ns) < 1e-6, String(ns))
})

test('what is paced and what is not never share an axis', () => {
  const r = new Run().mode(Mode.STEP).spawn(1, 4711).spawn(2, 4712)
  const send = { kind: Kind.SEND, call: 2, proc: 1, part: 1, want: 1, ret: 1 }
  for (let n = 1; n <= 5; n++) r.wait(1e3).add({ ...send, msg: message(1, n), flags: Flag.PACED })
  r.wait(1e3).mode(Mode.FULL)
  const change = r.events.length - 1
  for (let n = 6; n <= 20; n++) r.wait(1e3).add({ ...send, msg: message(1, n) })
  const { trace, header } = made(pipe().header, r)
  const axis = timeAxis(trace, 0, 1e6)
  assert.equal(axis.stop, change)
  const { lanes } = lanesOf(trace, header, axis, 0)
  assert.equal(lanes[0]?.items.filter(i => i.k === 'op').length, 5)
  const begin = beginFor(trace, r.t, 1e6, 0.5)
  assert.equal(begin, r.events[change]?.at, 'and an axis of full speed begins where it begins')
})

test('the playhead is on the axis, however late a sleep is told', () => {
  const r = new Run().mode(Mode.SLOW).spawn(1, 4711).spawn(2, 4712)
  const send = { kind: Kind.SEND, call: 2, proc: 1, part: 1, want: 1, ret: 1, flags: Flag.PACED }
  for (let n = 1; n <= 40; n++) {
    r.wait(2.5e8).add({ ...send, msg: message(1, n) })
    if (n === 38) r.add({ kind: Kind.BLOCK, call: 1, proc: 2, part: 1, at: 5e9, flags: Flag.PACED })
  }
  const { trace } = made(pipe().header, r)
  const begin = beginFor(trace, trace.last, 4e9, 0.5)
  const u = timeAxis(trace, begin, 4e9).scale.u(trace.last)
  assert.ok(u > 1.9e9 && u < 2.1e9, `${begin} ${u}`)
})

test('an axis does not reach over missing records', () => {
  const { header, trace } = pipe()
  const at = trace.last
  trace.gap(500)
  const send = { kind: Kind.SEND, call: 2, proc: 1, part: 1, want: 1, ret: 1 }
  const more = new Run().wait(at + 5e9)
  for (let n = 1; n <= 5; n++) more.wait(1e3).add({ ...send, seq: 5000 + n, msg: message(1, 900 + n) })
  trace.push(more.events)
  const begin = beginFor(trace, trace.last, 1e6, 0.5)
  assert.ok(begin > at + 4e9, String(begin))
  const { holes } = lanesOf(trace, header, timeAxis(trace, begin, 1e6), trace.indexAt(begin))
  assert.deepEqual(holes.map(q => q.n), [500])
})

test('an axis shows some twenty operations', () => {
  const { trace } = pipe()
  assert.ok(fitSpan(trace, trace.length - 1) >= 1e10 && fitSpan(trace, trace.length - 1) <= 3e10)
  assert.equal(nice(3), 5)
  assert.equal(nice(2e9), 2e9)
  assert.equal(ladder(2.5), 3)
  assert.equal(ladder(9), 10)
})

test('times on an axis are as exact as its ticks', () => {
  assert.equal(axisText(6e9, 1e9, true), '+6\u00a0s')
  assert.equal(axisText(6.5e9, 5e8, true), '+6.5\u00a0s')
  assert.equal(axisText(72e9, 2e9, true), '1:12')
  assert.equal(axisText(15000, 5000, false), '15\u00a0µs')
  assert.equal(axisText(12645200, 200, false), '12.6452\u00a0ms')
})

test('stepping goes by operations, and stops at both ends', () => {
  const { trace } = pipe()
  const last = trace.length - 1
  const before = neighbour(trace, last, -1, true)
  assert.equal(stepsOf(trace).upTo(trace.at(before).seq), 18)
  assert.equal(neighbour(trace, 0, -1, true), 0)
  assert.equal(neighbour(trace, last, 5, true), last)
})

/** @param {number} i @param {number} calls @param {number} dropped */
const aggregate = (i, calls, dropped) => ({
  at: i * 33e6, span: 33e6, recorded: 0, dropped, seq: i, sample: 64, latency: Array.from({ length: 40 }, (_, b) => (b === 11 ? 90 : b === 14 ? 10 : 0)),
  procs: [{ calls }], parts: [{ min: 1, mean: 2, max: 3, cap: 4, now: 2 }],
})

test('heat is calls in each bin, and lost records leave one hole', () => {
  const all = /** @type {any} */ ([aggregate(1, 0, 0), aggregate(2, 100, 0), aggregate(3, 150, 7), aggregate(4, 250, 9), aggregate(5, 350, 9)])
  const { lanes, holes, levels } = heatOf(all, 0, 1e9, 1, 1)
  assert.deepEqual(lanes[0]?.map(b => b.q), [1, 0.5, 1, 1])
  assert.deepEqual(holes, [{ a: 66e6, b: 132e6, n: 9 }])
  assert.equal(levels[0]?.length, 5)
})

test('quantiles lie within the bin of their rank', () => {
  const l = latencyOf(/** @type {any} */ ([aggregate(1, 0, 0), aggregate(2, 0, 0)]), 0)
  assert.equal(l.total, 200)
  assert.ok(l.p50 > 1024 && l.p50 <= 2048, String(l.p50))
  assert.ok(l.p99 > 8192 && l.p99 <= 16384, String(l.p99))
  assert.equal(quantile([], 0, 0.5), 0)
  assert.equal(latencyOf([], 0).total, 0)
})
