// @ts-check
import assert from 'node:assert/strict'
import test from 'node:test'
import { stopsOf, valueText } from '#ipclab/knobs.js'
import { keys, num, span, t } from '#ipclab/strings.js'

const size = { name: 'size', label: 'Size', unit: 'bytes', min: 1, max: 1 << 20, default: 4096 }
const rate = { name: 'rate', label: 'Rate', unit: 'per second', min: 0, max: 100000, default: 20, zero: 'as fast as it can' }

test('a slider stops at its ends, its default and the powers of two', () => {
  const stops = stopsOf(size)
  assert.equal(stops[0], 1)
  assert.equal(stops.at(-1), 1 << 20)
  for (const v of [512, 4096, 65536]) assert.ok(stops.includes(v), `${v} is missing`)
  assert.ok(stops.length < 160)
  assert.deepEqual([...stops].sort((a, b) => a - b), stops)
})

test('what 0 means stands at the fast end', () => {
  const stops = stopsOf(rate)
  assert.equal(stops.at(-1), 0)
  assert.equal(stops[0], 1)
  assert.ok(stops.includes(20))
  assert.equal(valueText(rate, 0), 'as fast as it can')
})

test('a short range has all of its values', () => {
  assert.deepEqual(stopsOf({ name: 'n', label: 'n', min: 35, max: 64, default: 40 }), Array.from({ length: 30 }, (_, i) => 35 + i))
})

test('values are written for people', () => {
  assert.equal(valueText(size, 4096), '4\u00a0096\u00a0B')
  assert.equal(valueText({ name: 'lock', label: 'Lock', min: 0, max: 2, default: 0, values: ['none', 'spin', 'futex'] }, 2), 'futex')
  assert.equal(num(1234567), '1\u00a0234\u00a0567')
  assert.equal(num(-0.5), '\u22120.5')
  assert.equal(span(1234), '1.23\u00a0µs')
  assert.equal(span(2.1e9), '2.10\u00a0s')
})

test('every text of the catalogue fills in what it names', () => {
  for (const k of keys) {
    const text = t(/** @type {any} */ (k), new Proxy({}, { get: () => '7' }))
    assert.ok(text.length > 0 && !/[{}]/.test(text), `${k}: ${text}`)
  }
})
