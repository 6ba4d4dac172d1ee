// @ts-check
import assert from 'node:assert/strict'
import test from 'node:test'
import { crc32c, LIMITS, read, write } from '#ipclab/recording.js'

const header = () => ({
  type: 'scene', role: 'presenter', format: 1, run: 'abcdefgh', epoch: 1, start: 5, wall: '2026-01-02T03:04:05Z', kernel: 'Linux 6.18', version: 'v1', cpus: 2, mode: 1, pace: 1, seed: 7, page: 4096, lines: {},
  mechanism: { id: 'pipe', title: 'Pipe', knobs: [], experiments: [] }, settings: { size: 4096 },
  scene: { procs: [{ role: 'writer', kind: 'writer', group: 'giver', gates: ['write'] }], parts: [{ id: 'pipe', type: 'pipe', object: 'pipe:[1]', offset: 0 }], wires: [] },
})
const event = (/** @type {number} */ seq, more = {}) => ({
  seq, at: seq * 1000, dur: 20, msg: 2 ** 40 + seq, want: 4096, ret: -11, level: -1, data: new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]), kind: 3, call: 2, flags: 8, proc: 1, part: 1, ...more,
})
const file = (/** @type {any} */ h, /** @type {any[]} */ es) => new Uint8Array(Buffer.concat(write(h, es)))

test('crc32c is Castagnoli', () => {
  assert.equal(crc32c(new TextEncoder().encode('123456789')), 0xe3069283)
})

test('what was written is read back', () => {
  const events = Array.from({ length: 5000 }, (_, i) => event(i + 1, { at: i * 1e10, level: i % 2 ? -1 : 2 ** 45 }))
  const r = read(file(header(), events))
  assert.equal(r.damage, null)
  assert.deepEqual(r.events, events)
  assert.equal(r.header.run, 'abcdefgh')
  assert.equal(r.header.role, undefined)
})

test('of a damaged file the whole beginning is given', () => {
  const events = Array.from({ length: 10000 }, (_, i) => event(i + 1))
  const bytes = file(header(), events)
  for (const cut of [bytes.length - 1, bytes.length - 200000]) {
    const r = read(bytes.slice(0, cut))
    assert.match(r.damage?.why ?? '', /cut short/)
    assert.ok(r.events.length > 0 && r.events.length < 10000)
    assert.equal(r.damage?.at, r.events[r.events.length - 1].at)
  }
  bytes[bytes.length - 5] ^= 1
  const r = read(bytes)
  assert.match(r.damage?.why ?? '', /checksum/)
  assert.equal(r.events.length, 9984)
})

test('missing records are counted', () => {
  assert.equal(read(file(header(), [event(1), event(5), event(6)])).dropped, 3)
})

test('events that cannot be are damage', () => {
  for (const [bad, why] of /** @type {[any, RegExp][]} */ ([[event(1), /order/], [event(9, { proc: 2 }), /scene/], [event(9, { part: 7 }), /scene/], [event(9, { dur: -1 }), /time/]])) {
    const r = read(file(header(), [event(1), bad]))
    assert.match(r.damage?.why ?? '', why)
    assert.equal(r.events.length, 1)
  }
})

test('a first line that cannot be used opens nothing', () => {
  /** @param {(h: any) => void} spoil @param {RegExp} why */
  const refuse = (spoil, why) => {
    const h = header()
    spoil(h)
    const line = JSON.stringify({ ...h, format: h.format })
    assert.throws(() => read(new TextEncoder().encode(line + '\n')), why)
  }
  refuse(h => (h.format = 2), /newer ipclab/)
  refuse(h => delete h.format, /format/)
  refuse(h => (h.scene.procs = 'many'), /scene/)
  refuse(h => (h.scene.procs = Array(LIMITS.procs + 1).fill({})), /scene/)
  refuse(h => (h.scene.procs[0].role = 'x'.repeat(LIMITS.text + 1)), /process/)
  refuse(h => (h.settings = { size: 'large' }), /settings/)
  assert.throws(() => read(new TextEncoder().encode('GIF89a')), /no recording/)
  assert.throws(() => read(new TextEncoder().encode('{"format":1')), /no recording/)
  assert.throws(() => read(new TextEncoder().encode('{"format"\n')), /whole JSON/)
})

test('noise never throws beyond the first line', () => {
  const start = file(header(), [])
  let x = 12345
  for (let round = 0; round < 300; round++) {
    const noise = new Uint8Array(200).map(() => (x = (x * 1103515245 + 12345) & 0x7fffffff) >> 16)
    if (round % 2) noise.set([73, 80, 67, 66, 1 + (round % 3), 0, 0, 0, 64, 0, 0, 0])
    const r = read(new Uint8Array(Buffer.concat([start, noise])))
    assert.notEqual(r.damage, null)
    assert.equal(r.events.length, 0)
  }
})

test('a note in the file, or a block of a later kind, is passed over', () => {
  const events = [event(1), event(2)]
  const bytes = file(header(), events)
  const line = bytes.indexOf(10) + 1
  for (const kind of [3, 77]) {
    const note = new TextEncoder().encode('{"format":1}')
    const block = new Uint8Array(16 + note.length)
    const v = new DataView(block.buffer)
    v.setUint32(0, 0x42435049, true)
    v.setUint32(4, kind, true)
    v.setUint32(8, note.length, true)
    v.setUint32(12, crc32c(note, crc32c(block.subarray(4, 12))), true)
    block.set(note, 16)
    const r = read(new Uint8Array(Buffer.concat([bytes.subarray(0, line), block, bytes.subarray(line)])))
    assert.equal(r.damage, null)
    assert.deepEqual(r.events, events)
  }
})
