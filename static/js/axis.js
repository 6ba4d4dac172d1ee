// @ts-check
// The axes of a timeline: which events count, and where they lie: by number where a
// person steps, else by time, with long silences cut.

import { Call, Fact, Flag, Kind, Mode } from '#ipclab/event.js'

/** @typedef {import('#ipclab/event.js').Event} Event */
/** @typedef {import('#ipclab/trace.js').Trace} Trace */
/** @typedef {{kind: 'ops'|'time', from: number, to: number, pos: (e: Event) => [number, number], shows: (e: Event) => boolean, cuts: {a: number, b: number}[], stop: number}} Axis */

/** @type {Set<number>} */
const operations = new Set([Kind.SEND, Kind.RECV, Kind.LOCK, Kind.UNLOCK, Kind.LOAD, Kind.STORE, Kind.SIGNAL, Kind.DELIVER])

/** @param {Event} e */
export const isOp = e => operations.has(e.kind) && (e.flags & (Flag.SETTLES | Flag.OPEN)) === 0

/**
 * Words that no law speaks of are the workers' own notes: nobody waits for them.
 * @param {any} part of a scene
 */
export const isNote = part => part?.type === 'word' && !part.law && !part.holds

/** Whether something happens at that time, beside what the sampler reads. @param {Event} e */
export const isAct = e => isOp(e) || e.kind === Kind.BLOCK || e.kind === Kind.WAKE || e.kind === Kind.FAULT ||
  e.kind === Kind.SPAWN || e.kind === Kind.EXIT || e.kind === Kind.LOST

/** The mode that an event tells of, or -1. @param {Event} e */
export const modeOf = e => (e.kind === Kind.STATE && e.call === Fact.MODE ? e.ret : -1)

/** Numbers the stepped operations of a trace, adding what is new. */
export class Steps {
  /** @param {Trace} trace */
  constructor(trace) {
    this.trace = trace
    /** @type {any[]} */
    this.parts = trace.header.scene.parts
    /** @type {number[]} sequence numbers of the operations, oldest first */
    this.seqs = []
    this.read = 0
    /** @type {Set<number>} processes that sleep in a call */
    this.asleep = new Set()
  }

  /**
   * Whether a person who steps would call it an operation. A record is read in one
   * go, however many words it has; FUTEX_WAKE is one, that a sleeper goes on is none.
   * @param {Event} e
   */
  is(e) {
    if (e.kind === Kind.WAKE) return this.seqs[this.upTo(e.seq) - 1] === e.seq
    if ((e.flags & Flag.PACED) === 0 || !(e.kind === Kind.BLOCK ? e.proc > 0 : isOp(e))) return false
    const part = this.parts[e.part - 1]
    return !isNote(part) && !(part?.type === 'record' && e.kind === Kind.LOAD && e.want > 0 && (e.flags & Flag.TORN) === 0)
  }

  update() {
    const { trace } = this
    let i = trace.length
    while (i > 0 && trace.at(i - 1).seq > this.read) i--
    for (; i < trace.length; i++) {
      const e = trace.at(i)
      const wakes = e.kind === Kind.WAKE && e.call === Call.FUTEX && (e.flags & Flag.PACED) !== 0 && !this.asleep.has(e.proc)
      if (e.kind === Kind.BLOCK) this.asleep.add(e.proc)
      else if (e.proc && (e.kind !== Kind.STATE || e.call === Fact.GATE)) this.asleep.delete(e.proc)
      if (wakes || (e.kind !== Kind.WAKE && this.is(e))) this.seqs.push(e.seq)
      this.read = e.seq
    }
    return this
  }

  /** How many operations there are up to and including a sequence number. @param {number} seq */
  upTo(seq) {
    let lo = 0
    let hi = this.seqs.length
    while (lo < hi) {
      const m = (lo + hi) >> 1
      if (/** @type {number} */ (this.seqs[m]) <= seq) lo = m + 1
      else hi = m
    }
    return lo
  }
}

const numbered = new WeakMap()

/** The numbered operations of a trace, the same for all panels. @param {Trace} trace @returns {Steps} */
export function stepsOf(trace) {
  let s = numbered.get(trace)
  if (!s) numbered.set(trace, (s = new Steps(trace)))
  return s.update()
}

/**
 * An axis of operations: number n lies in [n, n+1), what is no operation between two.
 * @param {Steps} steps @param {number} from @param {number} columns @returns {Axis}
 */
export function opsAxis(steps, from, columns) {
  const pos = (/** @type {Event} */ e) => {
    const n = steps.upTo(e.seq)
    return /** @type {[number, number]} */ (steps.is(e) ? [n, n + 1] : [n + 1, n + 1])
  }
  return { kind: 'ops', from, to: from + columns, pos, shows: e => steps.is(e), cuts: [], stop: Infinity }
}

/** A time scale on which a silence longer than most counts as most. */
export class Scale {
  /** @param {number} from ns @param {number[]} points ns at which something happens, in order @param {number} most ns */
  constructor(from, points, most) {
    this.most = most
    this.ns = [from]
    this.us = [0]
    /** @type {{a: number, b: number}[]} */
    this.cuts = []
    let last = from
    let u = 0
    for (const p of points) {
      if (p <= last) continue
      const gap = p - last
      if (gap > most) this.cuts.push({ a: u, b: u + most })
      u += Math.min(gap, most)
      last = p
      this.ns.push(p)
      this.us.push(u)
    }
  }

  /** @param {number} ns */
  u(ns) {
    return this.#map(ns, this.ns, this.us, (d) => Math.min(d, this.most))
  }

  /** The silence that goes on after the last point, if it is longer than most. @param {number} ns when it is by now */
  tail(ns) {
    const u = this.us.at(-1) ?? 0
    return ns - (this.ns.at(-1) ?? 0) > this.most ? { a: u, b: u + this.most } : null
  }

  /** The time at a place of the axis. @param {number} u */
  at(u) {
    return this.#map(u, this.us, this.ns, (d) => d)
  }

  /** @param {number} x @param {number[]} xs @param {number[]} ys @param {(d: number) => number} beyond */
  #map(x, xs, ys, beyond) {
    let lo = 0
    let hi = xs.length - 1
    const n = (/** @type {number[]} */ v, /** @type {number} */ i) => /** @type {number} */ (v[i])
    if (x <= n(xs, 0)) return n(ys, 0) + Math.min(0, x - n(xs, 0))
    if (x >= n(xs, hi)) return n(ys, hi) + beyond(x - n(xs, hi))
    while (lo + 1 < hi) {
      const m = (lo + hi) >> 1
      if (n(xs, m) <= x) lo = m
      else hi = m
    }
    return n(ys, lo) + ((x - n(xs, lo)) * (n(ys, hi) - n(ys, lo))) / (n(xs, hi) - n(xs, lo))
  }
}

const SCAN = 4000 // events that one picture looks at

/**
 * An axis of time from an event on, long silences cut, as far as the mode stays of
 * one sort: what is paced and what is not never share an axis.
 * @param {Trace} trace @param {number} from ns @param {number} span ns of axis
 * @returns {Axis & {scale: Scale}}
 */
export function timeAxis(trace, from, span) {
  const most = span / 6
  /** @type {number[]} */
  const points = []
  const first = Math.max(0, trace.indexAt(from))
  let stop = first + SCAN // no picture shows more
  let end = from
  let u = 0
  const full = trace.length ? trace.state(first).mode === Mode.FULL : false
  for (let i = first; i < Math.min(trace.length, first + SCAN); i++) {
    const e = trace.at(i)
    const mode = modeOf(e)
    if (mode >= 0 && i > first && (mode === Mode.FULL) !== full) {
      stop = i
      break
    }
    if (!isAct(e)) continue
    if (e.at > from) points.push(e.at)
    if (e.at + e.dur > from) points.push(e.at + e.dur)
    if (e.at > end) {
      u += Math.min(most, e.at - end)
      end = e.at
      if (u > span * 1.05) break
    }
  }
  const scale = new Scale(from, points.sort((a, b) => a - b), most)
  return {
    kind: 'time', from: 0, to: span, scale, cuts: scale.cuts, stop,
    shows: e => isOp(e) && !isNote(trace.header.scene.parts[e.part - 1]),
    pos: e => [scale.u(e.at), scale.u(e.at + Math.max(0, e.dur))],
  }
}

/**
 * How much time an axis should show, so that some twenty operations can be told apart.
 * @param {Trace} trace @param {number} index
 */
export function fitSpan(trace, index) {
  /** @type {number[]} */
  const gaps = []
  let paced = false
  const { mode: now } = index >= 0 ? trace.state(index) : trace.header
  for (const d of [-1, 1]) {
    let last = -1
    let sure = 0 // so many gaps are of the present mode; before its beginning only the event of another tells
    let begun = false
    for (let i = index; i >= 0 && i < trace.length && Math.abs(i - index) < SCAN && gaps.length < (d < 0 ? 24 : 32); i += d) {
      const e = trace.at(i)
      const mode = modeOf(e)
      if (mode >= 0 && mode !== now) {
        if (begun) gaps.length = sure
        break
      }
      if (mode >= 0) [begun, sure] = [d < 0, gaps.length]
      const waited = (e.flags & Flag.PACED) !== 0 // what was under way at full speed did not
      if (!isOp(e) || (now !== Mode.FULL && !waited)) continue
      paced ||= waited
      if (last >= 0) gaps.push(Math.max(1, Math.abs(last - e.at)))
      last = e.at
    }
  }
  if (gaps.length < 2) {
    const { mode, pace } = trace.state(index)
    return mode === Mode.SLOW && pace > 0 ? ladder(Math.max(2e9, 12e9 / pace)) : 8e9
  }
  gaps.sort((a, b) => a - b)
  // Where operations are let go one by one, what follows from one comes at once.
  const usual = /** @type {number} */ (gaps[Math.floor(gaps.length * (paced ? 0.8 : 0.6))])
  return ladder(Math.min(120e9, Math.max(2e3, usual * (paced ? 12 : 24))))
}

/** The same in steps that are not too far apart, so that a span stays when it nearly fits. @param {number} x */
export function ladder(x) {
  const p = 10 ** Math.floor(Math.log10(x))
  return p * ([1, 1.5, 2, 3, 5, 7, 10].find(m => p * m >= x * 0.999) ?? 10)
}

/** The smallest of 1, 2, 5, 10, 20 … that is not below x. @param {number} x */
export function nice(x) {
  const p = 10 ** Math.floor(Math.log10(x))
  for (const m of [1, 2, 5]) if (p * m >= x * 0.999) return p * m
  return p * 10
}

/**
 * Where an axis of time should begin: time t stands at the share `at` of it, unless
 * records are missing before it or the mode was of another sort.
 * @param {Trace} trace @param {number} t ns @param {number} span @param {number} at
 */
export function beginFor(trace, t, span, at) {
  const now = trace.indexAt(t)
  if (now < 0) return t
  const full = trace.state(now).mode === Mode.FULL
  /** @type {number[]} */
  const points = []
  let wall = -Infinity
  for (let i = now; i > 0 && i > now - SCAN && points.length < 600; i--) {
    const e = trace.at(i)
    const mode = modeOf(e)
    if (e.kind === Kind.LOST || (mode >= 0 && (mode === Mode.FULL) === full && (trace.state(i - 1).mode === Mode.FULL) !== full)) {
      wall = e.at
      break
    }
    if (isAct(e) && e.at <= t) points.push(e.at) // a call that slept may have begun long before
  }
  let u = 0
  let last = t
  for (const p of points.sort((a, b) => b - a)) {
    if (p < wall) break
    const gap = Math.min(span / 6, last - p)
    if (u + gap >= span * at) return last - (span * at - u)
    u += gap
    last = p
  }
  return wall > 0 ? wall : Math.max(0, last - span * 0.02)
}
