// @ts-check
import assert from 'node:assert/strict'
import test from 'node:test'
import { FRAME_AGGREGATE, FRAME_HEADER, FRAME_VERSION, LATENCY_BINS } from '#ipclab/event.js'
import { readAggregate, readFrames } from '#ipclab/frames.js'
import { frameBytes, pipeHeader, script, u64 } from './script.js'

test('records come out as they went in', () => {
  const sc = script(pipeHeader(1, 1)).spawn(1, 4711).send(1, 'pipe', 4096, { level: 4096, data: u64(2n ** 63n) }).recv(2, 'pipe', 9, { ret: -11 }).level('pipe', 2 ** 40)
  const [f] = readFrames(frameBytes(sc.events, 3, 2 ** 33))
  assert.equal(f?.epoch, 3)
  assert.equal(f?.dropped, 2 ** 33)
  assert.deepEqual(f?.events, sc.events)
})

test('several frames, and one that is cut', () => {
  const sc = script(pipeHeader(1, 1)).spawn(1, 1).spawn(2, 2)
  const one = new Uint8Array(frameBytes(sc.events))
  const two = new Uint8Array(2 * one.length - 1)
  two.set(one)
  two.set(one.subarray(0, one.length - 1), one.length)
  assert.equal(readFrames(two).length, 1)
  assert.equal(readFrames(new Uint8Array(5)).length, 0)
})

test('what lies about its size is not read', () => {
  const b = frameBytes(script(pipeHeader(1, 1)).spawn(1, 1).events)
  const v = new DataView(b)
  v.setUint32(16, 1000, true)
  assert.deepEqual(readFrames(b), [])
  v.setUint32(16, 1, true)
  v.setUint32(20, 0xffffffff, true)
  assert.deepEqual(readFrames(b), [])
  v.setUint32(20, 64, true)
  v.setUint8(1, FRAME_VERSION + 1)
  assert.deepEqual(readFrames(b), [])
})

test('aggregates', () => {
  const head = 48 + 4 * LATENCY_BINS
  const v = new DataView(new ArrayBuffer(FRAME_HEADER + head + 72 + 64))
  v.setUint8(0, FRAME_AGGREGATE)
  v.setUint8(1, FRAME_VERSION)
  v.setUint32(16, 1, true)
  v.setUint32(20, head + 72 + 64, true)
  const a = FRAME_HEADER
  v.setBigInt64(a, 5_000_000_000n, true)
  v.setBigInt64(a + 8, 33_000_000n, true)
  v.setBigUint64(a + 24, 8192n, true)
  v.setUint32(a + 40, 64, true)
  v.setUint8(a + 44, 1)
  v.setUint8(a + 45, 1)
  v.setUint32(a + 48 + 4 * 17, 99, true)
  v.setBigUint64(a + head, 640212n, true)
  v.setUint32(a + head + 48, 710, true)
  v.setUint8(a + head + 64, 'S'.charCodeAt(0))
  v.setUint8(a + head + 65, 2)
  v.setUint32(a + head + 68, 7, true)
  v.setBigInt64(a + head + 72, 30720n, true)
  v.setBigInt64(a + head + 72 + 56, 190n, true)
  const g = readFrames(v.buffer)[0]?.aggregate
  assert.ok(g)
  assert.deepEqual([g.at, g.span, g.dropped, g.sample, g.latency[17]], [5e9, 33e6, 8192, 64, 99])
  assert.deepEqual([g.procs[0]?.sent, g.procs[0]?.p50, g.procs[0]?.state, g.procs[0]?.wait, g.procs[0]?.switches], [640212, 710, 'S', 2, 7])
  assert.deepEqual([g.parts[0]?.now, g.parts[0]?.full], [30720, 190])
  assert.equal(readAggregate(new DataView(v.buffer, a, head + 72)), null)
})
