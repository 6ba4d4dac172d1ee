// @ts-check
import assert from 'node:assert/strict'
import test from 'node:test'
import { Clock, effectOf } from '#ipclab/clock.js'
import { Kind, Mode } from '#ipclab/event.js'

/** A trace of so many sends, one a second. @param {number} n */
function sends(n) {
  const events = Array.from({ length: n }, (_, i) => ({ seq: i + 1, at: i * 1e9, dur: 1000, msg: i + 1, want: 1, ret: 1, level: -1, data: new Uint8Array(8), kind: Kind.SEND, call: 2, flags: 8, proc: 1, part: 1 }))
  return /** @type {any} */ ({
    events, get length() { return events.length }, at: (/** @type {number} */ i) => events[i], first: 0, get last() { return effectOf(/** @type {any} */ (events.at(-1))) },
    indexAt: (/** @type {number} */ ns) => events.findLastIndex(e => effectOf(e) <= ns), state: () => ({}),
  })
}

/** Runs the clock for so many ms. @param {Clock} c @param {number} from @param {number} ms */
function run(c, from, ms) {
  for (let now = from; now <= from + ms; now += 16) c.tick(now)
  return from + ms
}

test('live shows one operation after the other', () => {
  const c = new Clock()
  const trace = sends(3)
  c.follow(trace, true)
  run(c, 1000, 50)
  assert.equal(c.index, 2) // what was there before is not played
  trace.events.push({ ...trace.events[2], seq: 4, at: 3e9 }, { ...trace.events[2], seq: 5, at: 4e9 })
  c.tick(2000)
  assert.equal(c.index, 3)
  assert.ok(c.u < 1 && c.moving)
  run(c, 2000, 3000)
  assert.equal(c.index, 4)
  assert.equal(c.u, 1)
  assert.ok(!c.moving)
})

test('many at once are passed over, not queued', () => {
  const c = new Clock()
  const trace = sends(1)
  c.follow(trace, true)
  c.tick(0)
  for (let i = 1; i < 200; i++) trace.events.push({ ...trace.events[0], seq: i + 1, at: i * 1e6 })
  run(c, 16, 200)
  assert.equal(c.index, 199)
})

test('full speed shows the newest', () => {
  const c = new Clock()
  c.follow(sends(50), true)
  c.mode = Mode.FULL
  c.tick(10)
  assert.equal(c.index, 49)
  assert.equal(c.u, 1)
})

test('the past stands, plays, steps and ends live', () => {
  const c = new Clock()
  c.follow(sends(5), true)
  c.tick(0)
  c.seek({ index: 2 })
  assert.deepEqual([c.live, c.index, c.u, c.t], [false, 2, 1, 2e9])
  run(c, 100, 500)
  assert.equal(c.index, 2) // it stands
  c.step(1)
  assert.equal(c.index, 3)
  c.step(-1)
  c.step(-1)
  assert.equal(c.index, 1)
  c.seek({ t: 2.5e9 })
  assert.equal(c.index, 2)
  c.toggle()
  run(c, 1000, 700)
  assert.equal(c.index, 3)
  run(c, 1700, 3000)
  assert.ok(c.live)
})

test('what is over stops at its end and begins again', () => {
  const c = new Clock()
  c.follow(sends(3), false)
  c.over = true
  assert.equal(c.index, 0)
  c.toggle()
  run(c, 0, 6000)
  assert.deepEqual([c.index, c.playing, c.live], [2, false, false])
  c.toggle()
  assert.deepEqual([c.index, c.playing], [0, true])
})

test('behind grows while the run goes on', () => {
  const c = new Clock()
  c.follow(sends(5), true)
  c.tick(1000)
  c.seek({ index: 1 })
  assert.equal(c.behind(1000), 3e9)
  assert.equal(c.behind(3000), 5e9)
  c.over = true
  assert.equal(c.behind(9000), 3e9)
})

test('marks', () => {
  const c = new Clock()
  c.follow(sends(5), true)
  c.tick(0)
  for (const index of [3, 1]) {
    c.seek({ index })
    c.mark()
  }
  c.seek({ index: 0 })
  c.toMark(1)
  assert.equal(c.index, 1)
  c.toMark(1)
  assert.equal(c.index, 3)
  c.toMark(-1)
  assert.equal(c.index, 1)
})
