// @ts-check
// Recordings (.ipclab): one line of JSON, then blocks that each carry a checksum.
// The file may come from anybody: nothing in it is believed before it is checked,
// and of a damaged one the longest whole beginning is given.

import { EVENT_SIZE, Kind, readEvent } from '#ipclab/event.js'
import { readAggregate } from '#ipclab/frames.js'
import { Trace } from '#ipclab/trace.js'

export const LIMITS = { file: 256 << 20, line: 1 << 20, block: 1 << 20, procs: 64, parts: 64, knobs: 64, text: 4096 }
const FORMAT = 1
const HEAD = 16 // magic, kind and three zeros, size, checksum
const MAGIC = 0x42435049 // "IPCB"
const RECORDS = 1
const AGGREGATE = 2

const table = new Uint32Array(256).map((_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ 0x82f63b78 : n >>> 1
  return n
})

/** CRC-32C. @param {Uint8Array} bytes @param {number} [crc] */
export function crc32c(bytes, crc = 0) {
  crc = ~crc
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ table[(crc ^ bytes[i]) & 255]
  return ~crc >>> 0
}

/**
 * @typedef {object} Recording
 * @property {any} header
 * @property {import('#ipclab/event.js').Event[]} events
 * @property {any[]} aggregates
 * @property {number} dropped records that were not kept, and of which no event tells
 * @property {{why: string, byte: number, at: number}|null} damage at: ns of the last whole event
 */

/**
 * Reads a recording. Throws an Error with a sentence if not even its first line
 * can be used.
 * @param {Uint8Array} bytes
 * @returns {Recording}
 */
export function read(bytes) {
  if (bytes.length > LIMITS.file) throw new Error(`The file has ${bytes.length >> 20} MiB; at most ${LIMITS.file >> 20} can be opened.`)
  const end = bytes.subarray(0, LIMITS.line).indexOf(10)
  if (end < 0 || bytes[0] !== 123) throw new Error('This is no recording of ipclab: it does not begin with a line of JSON.')
  let header
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, end)))
  } catch {
    throw new Error('The first line cannot be read: it is not whole JSON.')
  }
  checkHeader(header)
  /** @type {Recording} */
  const r = { header, events: [], aggregates: [], dropped: 0, damage: null }
  let at = end + 1
  while (at < bytes.length && !r.damage) {
    const why = block(r, bytes, at)
    if (typeof why === 'number') at = why
    else r.damage = { why, byte: at, at: r.events.length ? r.events[r.events.length - 1].at : 0 }
  }
  return r
}

/**
 * Reads one block.
 * @param {Recording} r @param {Uint8Array} bytes @param {number} at
 * @returns {number|string} where the next begins, or what is wrong
 */
function block(r, bytes, at) {
  if (bytes.length - at < HEAD) return 'The file was cut short.'
  const v = new DataView(bytes.buffer, bytes.byteOffset + at, HEAD)
  if (v.getUint32(0, true) !== MAGIC) return 'A block does not begin as one.'
  const kind = v.getUint32(4, true)
  const size = v.getUint32(8, true)
  if (size > LIMITS.block) return 'A block is larger than any can be.'
  if (bytes.length - at - HEAD < size) return 'The file was cut short.'
  const payload = bytes.subarray(at + HEAD, at + HEAD + size)
  if (crc32c(payload, crc32c(bytes.subarray(at + 4, at + 12))) !== v.getUint32(12, true)) return 'A block fails its checksum.'
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  if (kind === AGGREGATE) {
    const a = readAggregate(view)
    if (!a) return 'A summary is not whole.'
    r.aggregates.push(a)
  } else if (kind === RECORDS) {
    if (size % EVENT_SIZE) return 'A block ends within a record.'
    return records(r, view) ?? at + HEAD + size
  } // later kinds are passed over: they were added, nothing was taken away
  return at + HEAD + size
}

/** @param {import('#ipclab/event.js').Event} e */
const hole = e => e.kind === Kind.LOST && e.proc === 0

/**
 * How many records are missing between two events without an event of nobody that
 * tells so: the file was made when they were no longer there.
 * @param {import('#ipclab/event.js').Event|undefined} a @param {import('#ipclab/event.js').Event} b
 */
const untold = (a, b) => (a && !hole(a) && !hole(b) ? b.seq - a.seq - 1 : 0)

/**
 * All that a recording holds, with a hole wherever numbers are missing of which no
 * event tells: of a long run only the end is kept, and what rarely happens before.
 * @param {Recording} r
 */
export function traceOf({ header, events, aggregates }) {
  const trace = new Trace(header)
  events.forEach((e, i) => {
    trace.gap(untold(events[i - 1], e), 2)
    trace.push([e])
  })
  for (const a of aggregates) trace.aggregate(a)
  return trace
}

/** @param {Recording} r @param {DataView} v @returns {string|null} */
function records(r, v) {
  const { procs, parts } = r.header.scene
  let before = r.events[r.events.length - 1]
  for (let i = 0; i < v.byteLength; i += EVENT_SIZE) {
    const e = readEvent(v, i)
    if (before && e.seq <= before.seq) return 'The events are out of order.'
    if (e.proc > procs.length || e.part > parts.length) return 'An event speaks of somebody who is not in the scene.'
    if (!Number.isSafeInteger(e.at) || !Number.isSafeInteger(e.dur) || e.dur < 0) return 'An event has no possible time.'
    r.dropped += untold(before, e)
    before = e
    e.data = e.data.slice() // the file itself need not be kept
    r.events.push(e)
  }
  return null
}

/** @param {any} h */
function checkHeader(h) {
  /** @param {boolean} ok @param {string} what */
  const must = (ok, what) => {
    if (!ok) throw new Error(`The first line cannot be used: ${what}.`)
  }
  /** @param {any} v @param {number} [max] */
  const text = (v, max = LIMITS.text) => v === undefined || (typeof v === 'string' && v.length <= max)
  /** @param {any} v @param {number} max */
  const list = (v, max) => Array.isArray(v) && v.length <= max && v.every(x => x && typeof x === 'object')
  must(h && typeof h === 'object', 'it holds no object')
  if (Number.isInteger(h.format) && h.format > FORMAT) throw new Error(`This recording has format ${h.format}; this ipclab reads up to ${FORMAT}. A newer ipclab opens it.`)
  must(h.format === FORMAT, 'it names no format')
  const m = h.mechanism
  const s = h.scene
  must(m && typeof m === 'object' && ['id', 'title', 'family', 'sentence'].every(k => text(m[k])) && text(m.source, LIMITS.line) && text(m.page, LIMITS.line), 'it names no mechanism')
  m.knobs ??= []
  must(list(m.knobs, LIMITS.knobs) && m.knobs.every((/** @type {any} */ k) => text(k.name) && text(k.label) && text(k.unit)), 'its knobs are not in order')
  must(s && list(s.procs, LIMITS.procs) && list(s.parts, LIMITS.parts) && list((s.wires ??= []), 1024), 'it has no scene')
  for (const p of s.procs) {
    p.gates ??= []
    must(text(p.role) && text(p.kind) && text(p.group) && Array.isArray(p.gates) && p.gates.length <= 64 && p.gates.every((/** @type {any} */ g) => text(g)), 'a process is not in order')
  }
  for (const p of s.parts) must(text(p.id) && text(p.type) && text(p.title) && text(p.object) && [p.cap, p.offset, p.size].every(n => n === undefined || Number.isSafeInteger(n)), 'a part is not in order')
  must(text(h.kernel) && text(h.version) && text(h.run), 'it does not say where it was made')
  must(h.settings && typeof h.settings === 'object' && Object.values(h.settings).every(n => Number.isSafeInteger(n)), 'its settings are no numbers')
  h.lines = h.lines && typeof h.lines === 'object' ? h.lines : {}
}

/**
 * Makes a recording of what the page holds.
 * @param {any} header @param {Iterable<import('#ipclab/event.js').Event>} events
 * @returns {Uint8Array[]}
 */
export function write(header, events) {
  const { type: _, role: __, viewers: ___, ...plain } = header
  const out = [new TextEncoder().encode(JSON.stringify({ ...plain, format: FORMAT }) + '\n')]
  const most = 64 // events of a block: damage costs no more than that
  let body = new Uint8Array(most * EVENT_SIZE)
  let n = 0
  const flush = () => {
    if (!n) return
    const payload = body.slice(0, n * EVENT_SIZE)
    const head = new Uint8Array(HEAD)
    const v = new DataView(head.buffer)
    v.setUint32(0, MAGIC, true)
    v.setUint32(4, RECORDS, true)
    v.setUint32(8, payload.length, true)
    v.setUint32(12, crc32c(payload, crc32c(head.subarray(4, 12))), true)
    out.push(head, payload)
    n = 0
  }
  for (const e of events) {
    writeEvent(new DataView(body.buffer, n * EVENT_SIZE, EVENT_SIZE), e)
    if (++n === most) flush()
  }
  flush()
  return out
}

/** @param {DataView} v @param {import('#ipclab/event.js').Event} e */
function writeEvent(v, e) {
  let at = 0
  for (const n of [e.seq, e.at, e.dur, e.msg]) {
    v.setUint32(at, n >>> 0, true)
    v.setInt32(at + 4, Math.floor(n / 4294967296), true)
    at += 8
  }
  v.setUint32(32, e.want, true)
  v.setInt32(36, e.ret, true)
  v.setUint32(40, e.level >>> 0, true)
  v.setInt32(44, Math.floor(e.level / 4294967296), true)
  new Uint8Array(v.buffer, v.byteOffset + 48, 8).set(e.data)
  v.setUint8(56, e.kind)
  v.setUint8(57, e.call)
  v.setUint16(58, e.flags, true)
  v.setUint16(60, e.proc, true)
  v.setUint16(62, e.part, true)
}

/** Hands the reader a file. @param {Uint8Array[]} parts @param {string} name */
export function download(parts, name) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob(/** @type {BlobPart[]} */ (parts), { type: 'application/octet-stream' }))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10000)
}

// A file dropped on Home is opened by the player, which is another page: the
// browser keeps it for the moment between.

/** @param {IDBTransactionMode} mode @param {(s: IDBObjectStore) => IDBRequest} work @returns {Promise<any>} */
function shelf(mode, work) {
  return new Promise((resolve, reject) => {
    const open = indexedDB.open('ipclab', 1)
    open.onupgradeneeded = () => open.result.createObjectStore('shelf')
    open.onerror = () => reject(open.error)
    open.onsuccess = () => {
      const request = work(open.result.transaction('shelf', mode).objectStore('shelf'))
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    }
  })
}

/** Puts a file aside for the player. @param {File} file */
export const putAside = file => shelf('readwrite', s => s.put(file, 'recording'))

/** Takes the file that was put aside, if any. @returns {Promise<File|undefined>} */
export async function takeAside() {
  try {
    const file = await shelf('readonly', s => s.get('recording'))
    if (file) await shelf('readwrite', s => s.delete('recording'))
    return file
  } catch {
    return undefined // a browser that forbids storage
  }
}

/**
 * Takes files that are chosen or dropped on the page.
 * @param {(file: File) => void} opened
 */
export function onFile(opened) {
  for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll('[data-file]'))) {
    input.addEventListener('change', () => {
      const file = input.files?.[0]
      input.value = ''
      if (file) opened(file)
    })
  }
  const over = (/** @type {boolean} */ yes) => document.querySelectorAll('[data-drop]').forEach(d => d.classList.toggle('over', yes))
  addEventListener('dragover', e => {
    e.preventDefault()
    over(true)
  })
  addEventListener('dragleave', e => e.relatedTarget === null && over(false))
  addEventListener('drop', e => {
    e.preventDefault()
    over(false)
    const file = e.dataTransfer?.files[0]
    if (file) opened(file)
  })
}
