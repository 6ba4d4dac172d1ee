// @ts-check
import assert from 'node:assert/strict'
import test from 'node:test'
import { calloutOf, wakeOf } from '#ipclab/callout.js'
import { Call, Flag } from '#ipclab/event.js'
import { fold, initial } from '#ipclab/fold.js'
import { callText, formatAt, formatBytes, formatCount, formatRate, formatSpan, messageName, sentence, signalName } from '#ipclab/words.js'
import { pipeHeader, script, shmHeader, signalsHeader } from './script.js'

/** @param {any} sc */
function end(sc) {
  const s = initial(sc.header)
  for (const e of sc.events) fold(s, e)
  const e = sc.events.at(-1)
  const told = sentence(e, s, sc.header)
  return { s, says: `${told.who}: ${told.text}`, callout: calloutOf(s, sc.header)?.bold ?? '', wakes: wakeOf(s).proc }
}

test('numbers are grouped and rounded the same everywhere', () => {
  assert.equal(formatCount(19214278), '19\u00a0214\u00a0278')
  assert.equal(formatCount(2n ** 60n), '1\u00a0152\u00a0921\u00a0504\u00a0606\u00a0846\u00a0976')
  assert.equal(formatBytes(512), '512\u00a0B')
  assert.deepEqual([7, 710, 1900, 94000, 1.8e6, 2.1e9, 12.34e9, 200e9].map(formatSpan), ['7', '710', '1.90', '94', '1.80', '2.10', '12.3', '3\u00a0min\u00a020\u00a0s'].map((t, i) => t + ['\u00a0ns', '\u00a0ns', '\u00a0µs', '\u00a0µs', '\u00a0ms', '\u00a0s', '\u00a0s', ''][i]))
  assert.deepEqual([812400, 2.104e9, 83.4e9].map(formatAt), ['+812.4\u00a0µs', '+2.104\u00a0s', '+1:23.4'])
  assert.equal(formatRate(328e6), '328\u00a0MB/s')
  assert.deepEqual([10, 34].map(signalName), ['USR1', '34'])
})

test('messages are named by number, and by letter where there are many', () => {
  const two = initial(pipeHeader(1, 1))
  const many = initial(pipeHeader(4, 3))
  assert.equal(messageName(2 ** 40 + 12, two), '#12')
  assert.equal(messageName(3 * 2 ** 40 + 7, many), 'C7')
  assert.equal(messageName(0, two), '')
})

test('a full pipe, told', () => {
  const sc = script(pipeHeader(2, 1)).spawn(1, 11).spawn(2, 12).spawn(3, 13).fd(1, 'pipe', 4, 2)
  for (let i = 0; i < 16; i++) sc.send(1, 'pipe', 4096)
  assert.match(end(sc).says, /^writer1: write puts 4\u00a0096\u00a0B of #16 in 700\u00a0ns$/)
  let is = end(sc.block(1, 'pipe', 4096, { msg: sc.next(1) }))
  assert.equal(is.says, 'writer1: write blocks: pipe is full')
  assert.equal(is.callout, 'The pipe is full.')
  assert.equal(callText(is.s.procs[0], sc.header), 'write(4, buf, 4096)')
  is = end(sc.block(2, 'pipe', 4096, { msg: sc.next(2) }))
  assert.equal(is.says, 'writer2: write blocks: pipe is full, number 2 in the queue')
  is = end(sc.recv(3, 'pipe', 4096, { msg: 2 ** 40 + 1, flags: Flag.PACED }))
  assert.equal(is.says, 'reader: read takes 4\u00a0096\u00a0B of #1', 'a paced call has no duration')
  assert.deepEqual([is.callout, is.wakes], ['One page is free now.', 1])
  is = end(sc.send(1, 'pipe', 4096, { msg: sc.last(1) }))
  assert.deepEqual([is.s.parts[0].sleepers, is.wakes], [[2], 0])
})

test('a read that takes less than a page frees none', () => {
  const sc = script(pipeHeader(1, 1))
  for (let i = 0; i < 16; i++) sc.send(1, 'pipe', 4096)
  const is = end(sc.block(1, 'pipe', 4096, { msg: sc.next(1) }).recv(2, 'pipe', 1))
  assert.deepEqual([is.callout, is.wakes], ['', 0])
})

test('an empty pipe, and its end', () => {
  const sc = script(pipeHeader(1, 1)).block(2, 'pipe', 4096, { call: Call.READ })
  assert.equal(end(sc).callout, 'The pipe is empty.')
  const is = end(sc.send(1, 'pipe', 5))
  assert.deepEqual([is.callout, is.wakes], ['There is data now.', 2])
  assert.equal(end(sc.recv(2, 'pipe', 5)).s.procs[1]?.st, 'running')
  assert.equal(end(sc.recv(2, 'pipe', 5, { ret: 0, flags: Flag.EOF })).says, 'reader: read returns 0: end of file, no writer is left')
  assert.equal(end(sc.send(1, 'pipe', 5, { ret: -32 })).says, 'writer: write fails with EPIPE: nobody can read')
})

test('a wait that returns is told as such', () => {
  const sc = script(shmHeader(3, { lock: true })).spawn(1, 11).spawn(2, 12).spawn(3, 13).lock(1, 'lock', 0, 1).lock(2, 'lock', 11, 0)
  assert.equal(end(sc).callout, 'The lock is taken.')
  sc.block(2, 'lock', 0, { call: Call.FUTEX, at: 5000 }).block(3, 'lock', 0, { call: Call.FUTEX }).unlock(1, 'lock', 0)
  let is = end(sc.wake(1, 'lock', { call: Call.FUTEX, ret: 1 }))
  assert.deepEqual([is.says, is.wakes, is.s.procs[0]?.st], ['worker1: wakes one sleeper', 2, 'running'])
  is = end(sc.block(2, 'lock', 0, { call: Call.FUTEX, at: 5000, dur: 9000 }))
  assert.deepEqual([is.says, is.wakes, is.s.parts[2].sleepers, is.s.procs[1]?.st], ['worker2: goes on: futex has returned after 9\u00a0µs', 2, [3], 'running'])
})

test('a lost update and a merged signal', () => {
  const sc = script(shmHeader(2)).spawn(1, 11).spawn(2, 12).load(1, 'counter', 7).load(2, 'counter', 7)
  assert.equal(end(sc).callout, 'Both hold 7.')
  sc.store(1, 'counter', 8).store(2, 'counter', 8, { flags: Flag.CONFLICT }).store(2, 'own2', 1)
  assert.equal(end(sc).callout, 'One update is lost.', 'its own count is bookkeeping')
  const sig = script(signalsHeader()).signal(1, 'signals', 10).signal(1, 'signals', 10)
  assert.equal(end(sig).callout, 'The bit was set already.')
  sig.signal(1, 'signals', 35, 1).signal(1, 'signals', 34, 2).deliver(2, 'signals', 34, 2)
  assert.equal(end(sig).callout, 'Lowest number first.')
})

test('what is missing is told by its cause', () => {
  const sc = script(pipeHeader(1, 1)).lost(40)
  assert.match(end(sc).says, /40 records lost/)
  sc.add({ kind: 16, level: 7, ret: 1 })
  const is = end(sc)
  assert.match(is.says, /7 records not sent to this page/)
  assert.deepEqual([is.s.lost, is.s.dropped], [40, 7])
})

test('of a pipe whose contents are not known nothing is claimed', () => {
  const sc = script(pipeHeader(1, 1))
  for (let i = 0; i < 16; i++) sc.send(1, 'pipe', 4096)
  const is = end(sc.block(1, 'pipe', 4096, { msg: sc.next(1) }).recv(2, 'pipe', 4096).lost(3))
  assert.deepEqual([is.callout, is.wakes], ['', 0])
})
