// @ts-check
// Frames as they come from the socket or from a request: a header of 32 bytes, then
// records or one aggregate. The layout is lab/frame.go's; what does not fit is left
// out, for a server may be newer than the page.

import { EVENT_SIZE, FRAME_AGGREGATE, FRAME_HEADER, FRAME_RECORDS, FRAME_VERSION, LATENCY_BINS, readEvent } from '#ipclab/event.js'

/** @typedef {import('#ipclab/event.js').Event} Event */

/**
 * @typedef {object} ProcAggregate counters run from the start of the run
 * @property {number} sent
 * @property {number} received
 * @property {number} bytesSent
 * @property {number} bytesReceived
 * @property {number} calls
 * @property {number} errors
 * @property {number} p50 ns inside the call, in this span
 * @property {number} p99
 * @property {number} onCPU thousandths of the span
 * @property {number} waits thousandths of the samples, asleep in wait
 * @property {string} state R S D T Z X
 * @property {number} wait
 * @property {number} switches
 */

/**
 * @typedef {object} PartAggregate
 * @property {number} now
 * @property {number} cap
 * @property {number} min
 * @property {number} mean
 * @property {number} max
 * @property {number} low the middle half of the samples lies between
 * @property {number} high
 * @property {number} full thousandths of the samples in which it was full
 */

/**
 * @typedef {object} Aggregate what happened in the last span, at full speed
 * @property {number} at end of the span, ns
 * @property {number} span ns
 * @property {number} recorded
 * @property {number} dropped
 * @property {number} seq the newest record
 * @property {number} sample 1 record of sample is kept
 * @property {Uint32Array} latency bin i counts latencies from 2^(i-1) to 2^i ns
 * @property {ProcAggregate[]} procs
 * @property {PartAggregate[]} parts
 */

/**
 * @typedef {object} Frame
 * @property {number} epoch
 * @property {number} first the first record's number, or the newest known to an aggregate
 * @property {number} dropped records that were not sent before this frame
 * @property {Event[]} events
 * @property {Aggregate|null} aggregate
 */

const AGGREGATE_HEAD = 8 * 5 + 8 + 4 * LATENCY_BINS
const PROC_AGGREGATE = 6 * 8 + 4 * 4 + 8
const PART_AGGREGATE = 8 * 8

/** @param {DataView} v @param {number} at */
const u64 = (v, at) => v.getUint32(at, true) + v.getUint32(at + 4, true) * 4294967296
/** @param {DataView} v @param {number} at */
const i64 = (v, at) => v.getUint32(at, true) + v.getInt32(at + 4, true) * 4294967296

/**
 * All whole frames of a buffer. Kinds and versions that are not known are passed over.
 * @param {ArrayBuffer|Uint8Array} buffer
 * @returns {Frame[]}
 */
export function readFrames(buffer) {
  const v = buffer instanceof Uint8Array ? new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength) : new DataView(buffer)
  /** @type {Frame[]} */
  const frames = []
  for (let at = 0; at + FRAME_HEADER <= v.byteLength; ) {
    const [kind, version] = [v.getUint8(at), v.getUint8(at + 1)]
    const count = v.getUint32(at + 16, true)
    const size = v.getUint32(at + 20, true)
    const body = at + FRAME_HEADER
    if (size > v.byteLength - body) break
    /** @type {Frame} */
    const f = { epoch: v.getUint32(at + 4, true), first: u64(v, at + 8), dropped: u64(v, at + 24), events: [], aggregate: null }
    at = body + size
    if (version !== FRAME_VERSION) continue
    if (kind === FRAME_RECORDS && count * EVENT_SIZE <= size) {
      for (let i = 0; i < count; i++) f.events.push(readEvent(v, body + i * EVENT_SIZE))
      frames.push(f)
    } else if (kind === FRAME_AGGREGATE) {
      f.aggregate = readAggregate(new DataView(v.buffer, v.byteOffset + body, size))
      if (f.aggregate) frames.push(f)
    }
  }
  return frames
}

/**
 * One aggregate, or null if the bytes are too few for it.
 * @param {DataView} v
 * @returns {Aggregate|null}
 */
export function readAggregate(v) {
  if (v.byteLength < AGGREGATE_HEAD) return null
  const procs = v.getUint8(44)
  const parts = v.getUint8(45)
  if (v.byteLength < AGGREGATE_HEAD + procs * PROC_AGGREGATE + parts * PART_AGGREGATE) return null
  const latency = Uint32Array.from({ length: LATENCY_BINS }, (_, i) => v.getUint32(48 + 4 * i, true))
  /** @type {Aggregate} */
  const a = {
    at: i64(v, 0), span: i64(v, 8), recorded: u64(v, 16), dropped: u64(v, 24), seq: u64(v, 32),
    sample: v.getUint32(40, true), latency, procs: [], parts: [],
  }
  let at = AGGREGATE_HEAD
  for (let i = 0; i < procs; i++, at += PROC_AGGREGATE) {
    a.procs.push({
      sent: u64(v, at), received: u64(v, at + 8), bytesSent: u64(v, at + 16), bytesReceived: u64(v, at + 24),
      calls: u64(v, at + 32), errors: u64(v, at + 40),
      p50: v.getUint32(at + 48, true), p99: v.getUint32(at + 52, true), onCPU: v.getUint32(at + 56, true), waits: v.getUint32(at + 60, true),
      state: String.fromCharCode(v.getUint8(at + 64)), wait: v.getUint8(at + 65), switches: v.getUint32(at + 68, true),
    })
  }
  for (let i = 0; i < parts; i++, at += PART_AGGREGATE) {
    const n = (/** @type {number} */ k) => i64(v, at + 8 * k)
    a.parts.push({ now: n(0), cap: n(1), min: n(2), mean: n(3), max: n(4), low: n(5), high: n(6), full: n(7) })
  }
  return a
}

/**
 * How far the word has grown that tells how fast a process is: one that is looked at,
 * as its stores are too many to be told. Its own one, if it has one.
 * @param {import('#ipclab/fold.js').State} s @param {any} now @param {any} was @param {number} k @returns {{n: number, holds: string}|null}
 */
function counted(s, now, was, k) {
  const words = s.parts.map((p, i) => ({ p, n: (now.parts?.[i]?.now ?? 0) - (was.parts?.[i]?.now ?? 0) })).filter(({ p }) => p.looked)
  const own = words.filter(({ p }) => p.writer === k + 1)
  const best = (own.length ? own : words).sort((a, b) => b.n - a.n)[0]
  return best && best.n > 1 ? { n: best.n, holds: best.p.holds } : null
}

/**
 * Operations and bytes a second over about the last second. Four times a second is as
 * often as one can read.
 * @param {any} frame
 * @returns {{procs: {unit?: string, rate: number, bytes: number, p50: number, calls: number}[], calls: number, moved: number, at: number, last: any}|null}
 */
export function ratesOf(frame) {
  const all = frame.trace?.aggregates ?? []
  if (all.length < 2) return null
  const bucket = Math.floor(all[all.length - 1].at / 2.5e8)
  let end = all.length - 1
  while (end > 1 && Math.floor(all[end - 1].at / 2.5e8) === bucket) end--
  const now = all[end]
  let from = end
  while (from > 0 && now.at - all[from - 1].at <= 1.05e9) from--
  const was = all[from === end ? Math.max(0, end - 1) : from]
  const s = (now.at - was.at) / 1e9
  if (!(s > 0)) return null
  const procs = now.procs.map((/** @type {any} */ p, /** @type {number} */ k) => {
    const w = was.procs[k] ?? p
    const give = frame.header.scene.procs[k]?.group !== 'taker'
    const word = counted(frame.state, now, was, k)
    return {
      ...(word && { unit: word.holds }),
      rate: word ? word.n / s : Math.max(0, give ? p.sent - w.sent : p.received - w.received) / s,
      bytes: Math.max(0, give ? p.bytesSent - w.bytesSent : p.bytesReceived - w.bytesReceived) / s,
      p50: p.p50, calls: Math.max(0, p.calls - w.calls) / s,
    }
  })
  const takes = frame.header.scene.procs.some((/** @type {any} */ p) => p.group === 'taker')
  const moved = now.procs.reduce((/** @type {number} */ n, /** @type {any} */ p) => n + (takes ? p.received : p.sent), 0)
  return { procs, calls: procs.reduce((/** @type {number} */ n, /** @type {any} */ p) => n + p.calls, 0), moved, at: now.at, last: now }
}
