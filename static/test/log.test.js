// @ts-check
import assert from 'node:assert/strict'
import test from 'node:test'
import { Fact, Kind } from '#ipclab/event.js'
import { bolded, rowAt, slice, Story, summaries, tells } from '#ipclab/log.js'
import { commandsFor } from '#ipclab/prove.js'
import { made, pipe, Run } from './run-kit.js'

test('each operation has one sentence; what the sampler reads has none', () => {
  const { trace, header } = pipe()
  const { rows } = new Story(trace, header).update(trace.length - 1)
  const ops = rows.filter(r => r.step)
  assert.equal(ops.length, 19)
  assert.ok(rows.length < trace.length / 2, `${rows.length} of ${trace.length}`)
  assert.ok(rows.every(r => r.text && r.who))
  assert.equal(ops[0]?.hue, 'a')
})

test('a story goes on where it ended, and jumps where one looks', () => {
  const { trace, header, run } = pipe()
  const story = new Story(trace, header).update(trace.length - 1)
  const n = story.rows.length
  story.update(trace.length - 1)
  assert.equal(story.rows.length, n, 'nothing is told twice')
  const more = new Run()
  more.events = [...run.events]
  more.t = run.t
  for (let i = 0; i < 12000; i++) more.wait(1e6).add({ kind: Kind.RECV, proc: 2, part: 1, want: 1, ret: 1, level: 1 })
  trace.push(more.events.slice(run.events.length))
  story.update(trace.length - 1)
  assert.ok(!story.whole && story.rows.length >= 2000)
  assert.equal(story.rows.at(-1)?.seq, trace.at(trace.length - 1).seq)
  story.update(10)
  assert.ok(story.whole, 'far back it is told again')
  assert.ok(rowAt(story.rows, trace.at(10).seq) >= 0)
})

test('a kernel fact is told when it would change what one says', () => {
  const fact = (/** @type {number} */ call, ret = 0) => /** @type {any} */ ({ kind: Kind.STATE, call, ret })
  assert.ok(tells(fact(Fact.STATE), 'running', 'stopped'))
  assert.ok(!tells(fact(Fact.STATE), 'running', 'running'))
  assert.ok(tells(fact(Fact.AGREES, 0), '', ''))
  assert.ok(!tells(fact(Fact.AGREES, 1), '', ''))
  assert.ok(!tells(fact(Fact.SWITCHES), '', ''))
})

test('the page holds 500 rows around the present one', () => {
  assert.deepEqual(slice(10, 9), { from: 0, to: 10 })
  assert.deepEqual(slice(5000, 4999), { from: 4500, to: 5000 })
  assert.deepEqual(slice(5000, 1000), { from: 751, to: 1251 })
  assert.deepEqual(slice(5000, 0), { from: 0, to: 500 })
})

test('one part of a sentence is bold', () => {
  assert.deepEqual(bolded('write blocks: pipe is full', 'pipe is full'), ['write blocks: ', 'pipe is full', ''])
  assert.deepEqual(bolded('plain', ''), ['plain', '', ''])
})

test('at full speed each second is one sentence', () => {
  const all = Array.from({ length: 95 }, (_, i) => ({ at: i * 33e6, span: 33e6, dropped: i > 50 ? 8192 : 0, procs: [{ sent: i * 1000, received: 0 }, { sent: 0, received: i * 1000 }] }))
  const rows = summaries(all)
  assert.deepEqual(rows.map(r => r.who), ['all', 'all', 'lab', 'all'])
  assert.match(rows[0]?.text ?? '', /^30.303 messages a second$/)
  assert.match(rows[2]?.text ?? '', /^8.192 records lost/)
})

test('the terminal is asked about who sleeps', () => {
  const { trace, header, run } = pipe()
  const blocked = run.events.findIndex(e => e.kind === Kind.BLOCK)
  const asleep = commandsFor(header, trace.state(blocked + 1), 0).map(c => c.line)
  assert.ok(asleep.includes('cat /proc/4711/syscall'), String(asleep))
  assert.ok(asleep.includes('ls -l /proc/4711/fd'))
  const chosen = commandsFor(header, trace.state(blocked + 1), 2).map(c => c.line)
  assert.ok(chosen.every(l => !l.includes('4711')), String(chosen))
  assert.deepEqual(commandsFor(header, made(header, new Run().gate(1, 1)).trace.state(0), 0), [])
})
