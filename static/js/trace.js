// @ts-check
// All that a page holds of one run, live or recorded, and its state at any event.

import { Kind } from '#ipclab/event.js'
import { clone, fold, initial } from '#ipclab/fold.js'

/** @typedef {import('#ipclab/event.js').Event} Event */
/** @typedef {import('#ipclab/fold.js').State} State */
/** @typedef {import('#ipclab/frames.js').Aggregate} Aggregate */

const EVERY = 1024 // events between two checkpoints
const MOST = 1_000_000 // events kept
const WINDOW = 30e9 // ns of aggregates kept
const RECENT = 8 // states that were asked for last

/** When an event took effect on others: givers when their call began, takers when it returned. @param {Event} e */
function effect(e) {
  switch (e.kind) {
    case Kind.SEND: case Kind.STORE: case Kind.UNLOCK: case Kind.SIGNAL: case Kind.BLOCK:
      return e.at
  }
  return e.at + e.dur
}

export class Trace {
  /** @type {Event[]} */
  #events = []
  /** @type {number[]} the time of the picture after each event, which never goes back */
  #times = []
  /** @type {State[]} the state before event i*EVERY */
  #marks
  /** @type {{index: number, state: State}[]} */
  #recent = []
  #gap = 0
  #why = 0
  #most
  /** @type {Aggregate[]} the last 30 s at full speed */
  aggregates = []
  dropped = 0 // records that the server did not send
  thinned = 0 // records that were let go again, the oldest first

  /** @param {any} header @param {number} [most] */
  constructor(header, most = MOST) {
    this.header = header
    this.#marks = [initial(header)]
    this.#most = Math.max(2 * EVERY, most)
  }

  get length() {
    return this.#events.length
  }

  /** @param {number} i @returns {Event} */
  at(i) {
    return /** @type {Event} */ (this.#events[i])
  }

  get first() {
    return this.#times[0] ?? 0
  }

  get last() {
    return this.#times[this.#times.length - 1] ?? 0
  }

  /** @param {Event[]} events in order */
  push(events) {
    const newest = this.#events[this.#events.length - 1]?.seq ?? 0
    for (const e of events) {
      if (e.seq <= newest) continue
      if (this.#gap > 0) this.#add(lost(this.#gap, this.#why, e))
      this.#gap = 0
      this.#add(e)
    }
    if (this.length > this.#most) this.#thin()
  }

  /** @param {Event} e */
  #add(e) {
    this.#times.push(Math.max(this.last, effect(e)))
    this.#events.push(e)
  }

  /** Lets the oldest eighth go; what came of it is kept. */
  #thin() {
    const n = Math.ceil(this.#most / 8 / EVERY) * EVERY
    this.state(n - 1) // so that there is a mark at n
    this.#marks.splice(0, n / EVERY)
    this.#events.splice(0, n)
    this.#times.splice(0, n)
    this.#recent = []
    this.thinned += n
  }

  /** @param {Aggregate} a */
  aggregate(a) {
    this.aggregates.push(a)
    let old = 0
    while (/** @type {Aggregate} */ (this.aggregates[old]).at < a.at - WINDOW) old++
    if (old > 0) this.aggregates.splice(0, old)
  }

  /** Records before those that come next are not here. @param {number} n @param {number} [why] 1: they were not sent, 2: not kept */
  gap(n, why = 1) {
    if (!(n > 0)) return
    this.dropped += n
    this.#gap += n
    this.#why = why
  }

  /** The place of a sequence number, or -1. @param {number} seq */
  indexOf(seq) {
    const i = search(this.length, k => this.at(k).seq <= seq)
    return i >= 0 && this.at(i).seq === seq ? i : -1
  }

  /** The last event that had taken effect at a time, or -1. @param {number} ns */
  indexAt(ns) {
    return search(this.length, k => /** @type {number} */ (this.#times[k]) <= ns)
  }

  /**
   * The state after event i; -1 is the beginning. It must not be changed.
   * @param {number} i @returns {State}
   */
  state(i) {
    i = Math.max(-1, Math.min(this.length - 1, i))
    let from = -1
    /** @type {State|undefined} */
    let base
    for (const r of this.#recent) {
      if (r.index === i) return r.state
      if (r.index < i && r.index > from) [from, base] = [r.index, r.state]
    }
    const mark = Math.min(this.#marks.length - 1, Math.floor((i + 1) / EVERY))
    if (!base || mark * EVERY - 1 > from) {
      from = mark * EVERY - 1
      base = this.#marks[mark]
    }
    const s = clone(/** @type {State} */ (base))
    for (let k = from + 1; k <= i; k++) {
      fold(s, this.at(k))
      if ((k + 1) % EVERY === 0 && (k + 1) / EVERY === this.#marks.length) this.#marks.push(clone(s))
    }
    this.#recent.push({ index: i, state: s })
    if (this.#recent.length > RECENT) this.#recent.shift()
    return s
  }
}

/** The last index for which ok holds; it holds for all before it. @param {number} n @param {(i: number) => boolean} ok */
function search(n, ok) {
  let lo = 0
  while (lo < n) {
    const m = (lo + n) >> 1
    if (ok(m)) lo = m + 1
    else n = m
  }
  return lo - 1
}

/** The hole before an event; ret says why the records are not here. @param {number} n @param {number} ret @param {Event} e @returns {Event} */
function lost(n, ret, e) {
  return { seq: e.seq - 1, at: e.at, dur: 0, msg: 0, want: 0, ret, level: n, data: new Uint8Array(8), kind: Kind.LOST, call: 0, flags: 0, proc: 0, part: 0 }
}
