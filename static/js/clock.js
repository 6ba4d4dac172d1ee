// @ts-check
// The one clock of a page. It says which moment of a trace is drawn: the newest, or
// one of the past, standing or playing. Nothing else on the page keeps time.

import { isAct } from '#ipclab/axis.js'
import { Kind, Mode } from '#ipclab/event.js'

/** @typedef {import('#ipclab/trace.js').Trace} Trace */
/** @typedef {import('#ipclab/event.js').Event} Event */

const still = globalThis.matchMedia?.('(prefers-reduced-motion: reduce)')

const shown = 600 // ms that one operation is shown
const patience = 1000 // ms of screen after which an empty stretch is squeezed
const crowd = 24 // acts that may wait to be shown before they are passed over

/** When an event took effect: see lab.Event.Effect. @param {Event} e */
export function effectOf(e) {
  switch (e.kind) {
    case Kind.SEND: case Kind.STORE: case Kind.UNLOCK: case Kind.SIGNAL: case Kind.BLOCK:
      return e.at
  }
  return e.at + e.dur
}

export class Clock {
  /** @type {Trace|null} */
  trace = null
  live = true // the newest moment is drawn, as it comes
  playing = false // in the past: it goes on by itself
  index = -1
  t = 0 // ns; in the past the moment drawn
  u = 1 // how much of the present operation has been shown
  slow = 1 // screen time for one unit of the run's time
  mode = /** @type {number} */ (Mode.STEP)
  over = false // nothing more will come
  /** @type {number[]} moments that the reader marked, ns */
  marks = []

  #before = 0 // ms, the tick before this one
  #since = 0 // ms, when the operation shown began to be shown
  #takes = shown
  #snap = true // the moment was chosen, not reached by playing
  #end = 0 // ns of the newest event when it came in
  #came = 0 // ms, when that was
  #length = 0

  /** Begins with another run. @param {Trace} trace @param {boolean} live */
  follow(trace, live) {
    this.trace = trace
    this.live = live
    this.playing = this.over = false
    this.index = live ? -1 : 0
    this.t = live ? 0 : trace.length ? effectOf(trace.at(0)) : 0
    this.u = 1
    this.marks = []
    this.#length = 0
    this.#snap = true
  }

  /** How far behind the newest moment the picture is, in ns. @param {number} now ms */
  behind(now) {
    if (this.live || !this.trace) return 0
    const going = this.over ? 0 : (now - this.#came) * 1e6
    return Math.max(0, Math.max(this.#end, this.trace.last) + going - this.t)
  }

  /**
   * The frame that every panel draws from.
   * @param {number} now ms @param {any} header @param {Record<string, unknown>} [more] what only this page knows
   */
  frame(now, header, more) {
    const trace = /** @type {Trace} */ (this.trace)
    const { dataset } = document.documentElement
    const index = Math.min(this.index, trace.length - 1)
    return {
      header, trace, index, state: trace.state(index), t: this.t, u: this.u, mode: this.mode, speed: this.slow,
      live: this.live, playing: this.playing, over: this.over, behind: this.behind(now), marks: this.marks,
      selected: 0, aggregate: null, role: 'presenter', theme: dataset.theme, present: dataset.view === 'present', ...more,
    }
  }

  /** Goes on to now; true if something else is to be drawn. @param {number} now ms */
  tick(now) {
    const trace = this.trace
    if (!trace) return false
    const dt = Math.min(100, now - this.#before)
    this.#before = now
    const grown = trace.length !== this.#length || trace.last !== this.#end
    if (grown) {
      this.#length = trace.length
      this.#end = trace.last
      this.#came = now
    }
    if (this.live) return this.#goLive(now) || grown
    if (!this.playing) return false
    return this.#play(dt)
  }

  /** True while the picture moves without anything coming in. */
  get moving() {
    return this.live ? this.u < 1 || (this.trace !== null && this.index < this.trace.length - 1) : this.playing
  }

  /** @param {number} now */
  #goLive(now) {
    const trace = /** @type {Trace} */ (this.trace)
    const last = trace.length - 1
    const [i, u] = [this.index, this.u]
    if (this.index > last) this.index = last
    if (this.mode === Mode.FULL || still?.matches) {
      this.index = last
      this.u = 1
    } else {
      const waiting = this.#waiting(last)
      if (waiting > crowd || this.index < 0) {
        this.index = last
        this.u = 1
      }
      this.#takes = shown / (1 + waiting) ** 2
      if (this.u < 1) this.u = Math.min(1, (now - this.#since) / this.#takes)
      while (this.u >= 1 && this.index < last) {
        this.index = this.#nextAct(this.index, 1, last)
        if (!isAct(trace.at(this.index))) continue
        this.u = 0
        this.#since = now
      }
    }
    this.t = trace.last
    return i !== this.index || u !== this.u
  }

  /** How many acts have come in but were not shown. @param {number} last */
  #waiting(last) {
    const trace = /** @type {Trace} */ (this.trace)
    if (last - this.index > 40 * crowd) return crowd + 1
    let n = 0
    for (let i = this.index + 1; i <= last && n <= crowd; i++) if (isAct(trace.at(i))) n++
    return n
  }

  /** The next act after i, else where the search ends. @param {number} i @param {1|-1} dir @param {number} end */
  #nextAct(i, dir, end) {
    const trace = /** @type {Trace} */ (this.trace)
    for (i += dir; dir > 0 ? i < end : i > end; i += dir) if (isAct(trace.at(i))) break
    return dir > 0 ? Math.min(i, end) : Math.max(i, end)
  }

  /** @param {number} dt ms of screen */
  #play(dt) {
    const trace = /** @type {Trace} */ (this.trace)
    const last = trace.length - 1
    const next = this.#nextAct(this.index, 1, last)
    const here = this.index >= 0 ? effectOf(trace.at(this.index)) : trace.first
    const gap = ((effectOf(trace.at(next)) - here) / 1e6) * this.slow // ms of screen
    const rate = gap > patience ? gap / patience / this.slow : 1 / this.slow
    this.#snap = false
    this.t += dt * 1e6 * rate
    this.index = Math.max(this.index, trace.indexAt(this.t))
    this.#progress()
    if (this.index >= last && this.u >= 1) {
      this.t = Math.max(this.t, trace.last)
      if (this.over) this.playing = false
      else this.toLive()
    }
    return true
  }

  /** How much of the operation at index has been shown at t. */
  #progress() {
    const trace = /** @type {Trace} */ (this.trace)
    if (this.#snap || still?.matches || this.index < 0) return void (this.u = 1)
    let i = this.index
    while (i > 0 && !isAct(trace.at(i))) i--
    const from = effectOf(trace.at(i))
    const next = this.#nextAct(this.index, 1, trace.length - 1)
    const room = next > this.index ? effectOf(trace.at(next)) - from : Infinity
    const takes = Math.max(1, Math.min((shown / this.slow) * 1e6, room * 0.9))
    this.u = Math.min(1, Math.max(0, (this.t - from) / takes))
  }

  /** Goes to a moment of the past. @param {{index?: number, t?: number}} to */
  seek(to) {
    const trace = this.trace
    if (!trace?.length) return
    const fits = this.live
    this.live = false
    this.#snap = true
    if (to.index !== undefined) {
      this.index = Math.max(0, Math.min(trace.length - 1, to.index))
      this.t = effectOf(trace.at(this.index))
    } else {
      this.t = Math.max(trace.first, Math.min(trace.last, to.t ?? trace.last))
      this.index = Math.max(0, trace.indexAt(this.t))
    }
    this.u = 1
    if (fits) this.fit()
  }

  /** Takes a speed at which the stretch around the playhead can be followed. */
  fit() {
    this.slow = 1
    const trace = this.trace
    if (this.mode !== Mode.FULL || !trace?.length) return
    const last = trace.length - 1
    let n = 0
    let to = Math.max(0, Math.min(this.index, last - 50))
    const from = effectOf(trace.at(to))
    for (; n < 20 && to < last; n++) to = this.#nextAct(to, 1, last)
    const gap = (effectOf(trace.at(to)) - from) / Math.max(1, n)
    if (gap > 0) this.slow = Math.min(1e5, Math.max(1, (shown * 1e6) / gap))
  }

  /** To the next or previous act. @param {1|-1} dir */
  step(dir) {
    const trace = this.trace
    if (!trace?.length) return
    this.playing = false
    const last = trace.length - 1
    if (dir > 0 && this.index >= last) return this.over ? undefined : this.toLive()
    this.seek({ index: this.#nextAct(this.live ? Math.min(this.index, last) : this.index, dir, dir > 0 ? last : 0) })
  }

  /** A fraction of what there is, back or forth. @param {number} by */
  scrub(by) {
    const trace = this.trace
    if (!trace?.length) return
    const t = (this.live ? trace.last : this.t) + by * Math.max(1, trace.last - trace.first)
    if (t >= trace.last && !this.over) this.toLive()
    else this.seek({ t })
  }

  toLive() {
    if (this.over) return
    this.live = true
    this.playing = false
    this.#snap = true
    this.u = 1
    if (this.trace) this.index = this.trace.length - 1
  }

  /** Plays or stands. From the end of what is over it begins again. */
  toggle() {
    const trace = this.trace
    if (!trace?.length) return
    if (!this.playing && this.index >= trace.length - 1 && this.over) this.seek({ index: 0 })
    this.playing = !this.playing
  }

  /** Sets a mark at this moment, or takes it away; true if there is one now. */
  mark() {
    const { t, marks } = this
    const there = marks.includes(t)
    if (this.trace) this.marks = there ? marks.filter(m => m !== t) : [...marks, t].sort((a, b) => a - b)
    return !there
  }

  /** To the next or previous mark; which one it is, or 0. @param {1|-1} dir */
  toMark(dir) {
    const { t, marks } = this
    const i = dir > 0 ? marks.findIndex(m => m > t) : marks.findLastIndex(m => m < t)
    if (i >= 0) this.seek({ t: marks[i] })
    return i + 1
  }
}
