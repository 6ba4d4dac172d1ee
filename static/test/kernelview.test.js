// @ts-check
import assert from 'node:assert/strict'
import test from 'node:test'
import { Kind } from '#ipclab/event.js'
import { address, fullView, maskText, viewOf } from '#ipclab/kernelview.js'
import { lostUpdate, pipe } from './run-kit.js'

/** @param {import('#ipclab/kernelview.js').View} v @param {string} label */
const row = (v, label) => v.rows.find(r => r.label === label)
/** @param {import('#ipclab/kernelview.js').View} v @param {string} label */
const pair = (v, label) => v.pairs.find(p => p.label === label)

test('every row says where it comes from', () => {
  const { trace, header, run } = pipe()
  const blocked = run.events.findIndex(e => e.kind === Kind.BLOCK) + 1
  const v = viewOf(header, trace.state(blocked))
  assert.ok(v.rows.every(r => r.src === '●' || r.src === '○'))
  assert.deepEqual(row(v, 'State')?.cells, ['S sleeping', 'S sleeping'])
  assert.deepEqual(row(v, 'Waits in')?.cells, ['pipe_write', 'our gate'])
  assert.equal(row(v, 'State')?.src, '●')
  assert.equal(v.turned, false)
  assert.match(pair(v, 'FIONREAD')?.value ?? '', /^65.536.B$/)
  assert.equal(pair(v, 'Model = kernel')?.value, '✓ agrees')
})

test('a lost update is counted', () => {
  const { trace, header } = lostUpdate()
  const state = trace.state(trace.length - 1)
  for (const [id, v] of /** @type {[string, any][]} */ ([['own1', 5], ['own2', 4]])) state.parts.find((/** @type {any} */ p) => p.id === id).value = v
  const v = viewOf(header, state)
  assert.equal(pair(v, 'Counter')?.value, '8')
  assert.equal(pair(v, 'Own counts')?.value, '5 + 4')
  assert.deepEqual([pair(v, 'Lost')?.value, pair(v, 'Lost')?.bad], ['! 1', true])
})

test('where the drawing and the kernel differ, it says so', () => {
  const { trace, header } = pipe()
  const state = trace.state(trace.length - 1)
  state.parts[0].agrees = false
  assert.deepEqual([pair(viewOf(header, state), 'Model = kernel')?.bad], [true])
})

test('four processes or more have a row each', () => {
  const { trace, header } = pipe()
  const state = trace.state(trace.length - 1)
  const more = { ...state, procs: [...state.procs, ...state.procs] }
  const v = viewOf({ ...header, scene: { ...header.scene, procs: [...header.scene.procs, ...header.scene.procs] } }, more)
  assert.ok(v.turned)
  assert.deepEqual(v.rows.map(r => r.label), ['State', 'Waits in', 'Done'])
})

test('masks are names and ranges', () => {
  const mask = (/** @type {number[]} */ ...n) => n.reduce((m, i) => m | (1n << BigInt(i - 1)), 0n)
  assert.equal(maskText(0n), '–')
  assert.equal(maskText(mask(12, 36, 37, 38, 39, 40)), 'USR2, 36 to 40')
  assert.equal(maskText(mask(2, 34, 35)), 'INT, 34, 35')
  assert.equal(maskText(mask(64)), '64')
})

test('addresses are short', () => {
  assert.equal(address(0x7f3a12342000), '7f3a…2000')
})

test('at full speed the rates come from two aggregates', () => {
  const { trace, header } = pipe()
  const proc = (/** @type {number} */ calls) => ({ calls, onCPU: 810, waits: 190, wait: 2, switches: 40 })
  const g = (/** @type {number} */ at, /** @type {number} */ calls) => ({ at, span: 33e6, procs: [proc(calls), proc(calls)], parts: [{ now: 30720 }] })
  const v = fullView(header, trace.state(trace.length - 1), g(2e9, 700), g(1e9, 200))
  assert.equal(row(v, 'Calls/s')?.cells[0], '500')
  assert.match(row(v, 'Asleep in')?.cells[0] ?? '', /^pipe_write 19.%$/)
  assert.match(pair(v, 'FIONREAD')?.value ?? '', /^30.720.B$/)
})
