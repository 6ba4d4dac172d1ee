// @ts-check
// The timeline: who did what, when or in which order; and where the playhead is.

import { beginFor, fitSpan, isAct, ladder, opsAxis, stepsOf, timeAxis } from '#ipclab/axis.js'
import { effectOf } from '#ipclab/clock.js'
import { Base, define, h, heading, Pen, Rest, tell } from '#ipclab/dom.js'
import { Mode } from '#ipclab/event.js'
import { lanesOf } from '#ipclab/lanes.js'
import { paintLanes, paintNow, paintStrip, size, stripSize } from '#ipclab/paint.js'
import { paintHeat } from '#ipclab/plot.js'
import { formatAt, formatCount, formatSpan } from '#ipclab/words.js'

/**
 * `<ipc-timeline>`. Attributes: none. Property overview: {to, chapters: [{at, title}],
 * damage: ns|null} adds a strip of the whole recording. Property window: ns shown
 * at full speed. Property since: ns, what is shown begins there.
 */
export class Timeline extends Base {
  window = 2e9
  since = -1 // ns: all since then is shown on one axis, as long as it can be read; -1: a stretch around the present
  /** @type {{to: number, chapters: {at: number, title: string}[], damage: number|null}|null} */
  overview = null

  /** @type {any} the last frame */
  #frame
  /** @type {any} the axis in use */
  #axis
  #begin = -1 // where the axis begins: ns, or the number of an operation
  #span = 0 // ns of an axis of time
  #zoom = 1
  #rest = new Rest()
  #length = 0 // of the trace, when it was drawn last
  #known = '' // of which trace the axis is
  #width = 0
  #picture = { key: '', lanes: /** @type {any} */ (null) }
  #painted = ''
  /** @type {any} */
  #parts
  /** @type {any} */
  #trace
  #asked = 0

  connectedCallback() {
    if (this.#parts) return
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
    const layers = ['g', 'g'].map(t => svg.appendChild(document.createElementNS(svg.namespaceURI ?? '', t)))
    const slider = h('div', { className: 'slider', role: 'slider', tabIndex: 0, 'aria-label': 'Playhead', 'aria-valuemin': 0, 'aria-valuenow': 0 })
    slider.append(svg)
    const strip = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
    strip.classList.add('whole')
    strip.setAttribute('aria-hidden', 'true')
    this.append(h('div', { className: 'in' }, slider, strip))
    const top = heading(this, 'Timeline')
    const marks = h('span', { hidden: true }, h('kbd', {}, '['), ' ', h('kbd', {}, ']'), ' bookmarks ')
    top.end.append(marks, h('kbd', {}, ','), ' ', h('kbd', {}, '.'), ' previous and next event')
    this.#parts = {
      svg, slider, strip, top, marks,
      body: new Pen(/** @type {Element} */ (layers[0])), now: new Pen(/** @type {Element} */ (layers[1])), whole: new Pen(strip),
    }
    slider.addEventListener('keydown', e => this.#key(e))
    for (const [at, seek] of /** @type {[Element, (x: number) => void][]} */ ([[slider, x => this.#seekX(x)], [strip, x => this.#seekWhole(x)]])) {
      at.addEventListener('pointerdown', ev => {
        const e = /** @type {PointerEvent} */ (ev)
        if (e.button !== 0) return
        at.setPointerCapture(e.pointerId)
        seek(e.clientX)
      })
      at.addEventListener('pointermove', ev => {
        const e = /** @type {PointerEvent} */ (ev)
        if (at.hasPointerCapture(e.pointerId)) this.#soon(() => seek(e.clientX))
      })
    }
    slider.addEventListener('wheel', e => {
      if (!e.ctrlKey || this.#axis?.kind !== 'time') return
      e.preventDefault()
      this.#rescale(e.deltaY > 0 ? 2 : 0.5)
    }, { passive: false })
    new ResizeObserver(() => this.#frame && this.update(this.#frame)).observe(slider)
  }

  /** @param {any} frame */
  update(frame) {
    this.#frame = frame
    if (!this.#parts || this.hidden) return
    const width = Math.round(this.#parts.svg.clientWidth || 880)
    if (width !== this.#width || frame.trace !== this.#trace) {
      this.#painted = ''
      this.#picture.key = ''
      if (frame.trace !== this.#trace) {
        this.#begin = -1
        this.#span = 0
      }
      this.#width = width
      this.#trace = frame.trace
    }
    const pours = frame.trace.length - this.#length > 100
    if (frame.live && pours && !this.#rest.over(100, () => this.update(this.#frame))) return
    this.#length = frame.trace.length
    this.#parts.marks.hidden = !frame.marks?.length
    const mode = frame.state?.mode
    if (mode === Mode.FULL && frame.live && frame.trace.aggregates.length) this.#full(frame)
    else if (frame.trace.length && frame.state) this.#lanes(frame, mode === Mode.STEP && frame.mode !== 'replay')
    else this.#empty()
    if (this.overview) this.#whole(frame)
  }

  /** @param {any} frame */
  #full(frame) {
    const { body, now, svg, top } = this.#parts
    const last = frame.trace.aggregates.at(-1)
    const key = `full ${last.at} ${this.window}`
    if (key === this.#painted) return
    this.#painted = key
    this.#axis = { kind: 'full', from: last.at - this.window, to: last.at }
    const { height, bin, lost } = paintHeat(body, frame, last.at - this.window, last.at, this.#width)
    now.end()
    top.end.hidden = true
    grow(svg, this.#width, height)
    top.sub(`calls in each ${Math.round(bin / 1e6)} ms; darker is more${lost ? `; ${formatCount(lost)} records lost` : ''}`)
    this.#value(frame.trace.length - 1, frame.trace.length, 'live')
  }

  /** @param {any} frame @param {boolean} ops */
  #lanes(frame, ops) {
    const { body, now, svg, top } = this.#parts
    const { trace, header } = frame
    top.end.hidden = false
    const first = ops ? this.#opsView(frame) : this.#timeView(frame)
    const axis = this.#axis
    const key = `${trace.length} ${trace.last} ${axis.kind} ${this.#begin} ${this.#span} ${first}`
    if (key !== this.#picture.key) this.#picture = { key, lanes: lanesOf(trace, header, axis, first) }
    const reach = Math.max(trace.last, frame.live ? frame.t : 0)
    const tail = ops || axis.stop < trace.length ? null : axis.scale.tail(reach)
    const painted = `${key} ${frame.index} ${frame.selected} ${!tail}`
    const g = size(this.#width, this.#picture.lanes)
    const place = (/** @type {number} */ ns) => (ops ? stepsOf(trace).upTo(trace.at(trace.indexAt(ns))?.seq ?? 0) + 1 : axis.scale.u(ns))
    const end = ops ? stepsOf(trace).seqs.length + 1 : axis.scale.u(reach)
    if (painted !== this.#painted) {
      this.#painted = painted
      const now = nowOp(frame, ops)
      paintLanes(body, this.#picture.lanes, axis, g, {
        now, at: now < 0 ? end : place(effectOf(trace.at(now))), selected: frame.selected, end, wide: frame.state.mode === Mode.SLOW, least: frame.state.mode === Mode.FULL ? 3 : 10, tail,
      })
      grow(svg, this.#width, g.height)
      top.sub(subtitle(axis, frame))
      const n = ops ? stepsOf(trace) : null
      const seq = trace.at(frame.index)?.seq ?? 0
      this.#value(frame.index, trace.length, n ? `operation ${n.upTo(seq)} of ${n.seqs.length}` : formatAt(frame.t))
    }
    const u = ops ? stepsOf(trace).upTo(trace.at(frame.index)?.seq ?? 0) + 1 : axis.scale.u(frame.t)
    const atEnd = frame.live || frame.index >= trace.length - 1
    paintNow(now, this.#picture.lanes, axis, g, {
      u, end, tail, hint: ops && frame.live && !stepsOf(trace).seqs.length ? 'Nothing has been done yet: all are held before their first operation.' : '', marks: (frame.marks ?? []).map(place), text: frame.over && atEnd && !frame.recorded ? 'end' : frame.live ? 'now' : ops ? `op ${u - 1}` : formatAt(frame.t), t: Math.max(trace.last, frame.t), future: !(frame.over && atEnd) && (frame.live || !atEnd || ops), mode: frame.state.mode,
    })
  }

  /** Which operations are shown. @param {any} frame */
  #opsView(frame) {
    const steps = stepsOf(frame.trace)
    const columns = Math.max(4, Math.min(12, Math.floor((this.#width - 100) / (this.#width < 500 ? 58 : 74))))
    const n = steps.upTo(frame.trace.at(frame.index)?.seq ?? 0)
    let from = this.#axis?.kind === 'ops' ? this.#begin : -1
    if (from < 0 || n > from + columns - 2 || n < from) from = n < from ? Math.max(1, n - 2) : Math.max(1, n - columns + 2)
    this.#begin = from
    this.#axis = opsAxis(steps, from, columns)
    const seq = steps.seqs[from - 1]
    return seq === undefined ? 0 : Math.max(0, frame.trace.indexOf(seq) - 1)
  }

  /** Which stretch of time is shown. @param {any} frame */
  #timeView(frame) {
    const { trace, t } = frame
    if (this.since >= 0 && this.#zoom === 1 && this.#allSince(trace, t)) return trace.indexAt(this.#begin)
    const fit = ladder(fitSpan(trace, frame.index) * this.#zoom * Math.min(1, this.#width / 700)) // less on a narrow page
    // A span stays until the page turns, or until it is far off.
    let span = this.#span && fit < this.#span * 4 && fit > this.#span / 2.5 && this.#axis?.kind === 'time' ? this.#span : fit
    const kept = this.#axis?.kind === 'time' && span === this.#span && this.#begin >= trace.first
    const key = `${trace.length} ${trace.last}`
    let axis = !kept ? null : key === this.#known ? this.#axis : timeAxis(trace, this.#begin, span)
    this.#known = key
    const u = axis ? axis.scale.u(t) : -1
    const crossed = axis && axis.stop <= frame.index
    if (!axis || u < 0 || u > span * 0.93 || crossed) {
      const turned = u > span * 0.93 && u <= span * 1.2
      span = fit
      this.#begin = beginFor(trace, t, span, turned ? 0.45 : frame.live ? 0.85 : 0.6)
      axis = timeAxis(trace, this.#begin, span)
      if (axis.stop <= frame.index) { // too much happens in it for one picture
        this.#begin = trace.at(Math.max(0, frame.index - 1000)).at
        axis = timeAxis(trace, this.#begin, span)
      }
    }
    this.#span = span
    this.#axis = axis
    return trace.indexAt(this.#begin)
  }

  /** One axis for all since a moment. @param {any} trace @param {number} t @returns {boolean} whether it holds all */
  #allSince(trace, t) {
    const span = ladder(Math.max(2e9, 1.06 * (Math.max(trace.last, t) - this.since)))
    const key = `${trace.length} ${trace.last} ${this.since}`
    if (this.#axis?.kind !== 'time' || this.#span !== span || this.#begin !== this.since || this.#known !== key) {
      this.#axis = timeAxis(trace, this.since, span)
      this.#known = key
    }
    if (this.#axis.stop < trace.length || trace.length - trace.indexAt(this.since) > this.#width) return false // too much for one picture
    this.#begin = this.since
    this.#span = span
    return true
  }

  #empty() {
    const { body, now, svg, top } = this.#parts
    body.text(this.#width / 2, 48, 'Nothing has happened yet.', 't2 tm')
    body.end()
    now.end()
    grow(svg, this.#width, 90)
    top.sub('')
    this.#painted = ''
  }

  /** @param {any} frame */
  #whole(frame) {
    const { strip, whole } = this.#parts
    const o = /** @type {NonNullable<Timeline['overview']>} */ (this.overview)
    strip.classList.add('on')
    paintStrip(whole, o, frame.t, frame.marks ?? [], this.#width)
    grow(strip, this.#width, 34)
  }

  /** @param {number} now @param {number} n @param {string} text */
  #value(now, n, text) {
    const { slider } = this.#parts
    slider.setAttribute('aria-valuemax', String(Math.max(0, n - 1)))
    slider.setAttribute('aria-valuenow', String(Math.max(0, now)))
    slider.setAttribute('aria-valuetext', text)
  }

  /** Seeks once a frame, to the last place asked for. @param {() => void} seek */
  #soon(seek) {
    cancelAnimationFrame(this.#asked)
    this.#asked = requestAnimationFrame(seek)
  }

  /** @param {number} x of the pointer */
  #seekX(x) {
    const a = this.#axis
    if (!a) return
    const box = this.#parts.svg.getBoundingClientRect()
    const g = size(this.#width, this.#picture.lanes)
    const u = a.from + ((x - box.left - g.x0) / (g.x1 - g.x0)) * (a.to - a.from)
    const trace = this.#frame.trace
    if (a.kind === 'full') return tell(this, 'ipc-seek', { t: Math.max(a.from, Math.min(a.to, u)) })
    if (a.kind === 'time') {
      const t = Math.max(trace.first, Math.min(trace.last, a.scale.at(Math.max(0, u))))
      return tell(this, 'ipc-seek', { t })
    }
    const steps = stepsOf(trace)
    const n = Math.max(1, Math.min(steps.seqs.length, Math.floor(u)))
    const next = steps.seqs[n]
    if (steps.seqs.length) tell(this, 'ipc-seek', { index: next === undefined ? trace.length - 1 : trace.indexOf(next) - 1 })
  }

  /** @param {number} x of the pointer */
  #seekWhole(x) {
    const o = this.overview
    if (!o) return
    const box = this.#parts.strip.getBoundingClientRect()
    const { x0, to } = stripSize(this.#width, o.damage !== null)
    const t = ((x - box.left - x0) / (to - x0)) * o.to
    tell(this, 'ipc-seek', { t: Math.max(0, Math.min(o.damage ?? o.to, t)) })
  }

  /** @param {number} by */
  #rescale(by) {
    this.#zoom = Math.max(1 / 1024, Math.min(1024, this.#zoom * by))
    this.#span = 0
    this.update(this.#frame)
  }

  /** @param {KeyboardEvent} e */
  #key(e) {
    if (!this.#frame || e.ctrlKey || e.altKey || e.metaKey) return
    const { trace, index } = this.#frame
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: 10, PageDown: -10 }[e.key]
    if (by) tell(this, 'ipc-seek', { index: neighbour(trace, index, by * (e.shiftKey ? 10 : 1), this.#axis?.kind === 'ops') })
    else if (e.key === 'Home') tell(this, 'ipc-seek', { index: 0 })
    else if (e.key === 'End') tell(this, 'ipc-press', 'live')
    else if (e.key === '+' || e.key === '-') this.#rescale(e.key === '+' ? 0.5 : 2)
    else return
    e.preventDefault()
    e.stopPropagation()
  }
}

/**
 * The event that lies some operations away.
 * @param {import('#ipclab/trace.js').Trace} trace @param {number} index @param {number} by @param {boolean} ops
 */
export function neighbour(trace, index, by, ops) {
  const d = Math.sign(by)
  const steps = ops ? stepsOf(trace) : null
  const counts = (/** @type {import('#ipclab/event.js').Event} */ e) => (steps ? steps.is(e) : isAct(e))
  let i = index
  while (d < 0 && i > 0 && !counts(trace.at(i))) i-- // what is present began there
  for (let left = Math.abs(by); left > 0;) {
    const next = i + d
    if (next < 0 || next >= trace.length) break
    i = next
    if (counts(trace.at(i))) left--
  }
  return i
}

/** The index of the operation that is present. @param {any} frame @param {boolean} ops */
function nowOp({ trace, state }, ops) {
  const seq = ops ? stepsOf(trace).seqs[stepsOf(trace).upTo(state.seq) - 1] : state.now?.seq
  return seq === undefined ? -1 : trace.indexOf(seq)
}

/** @param {any} axis @param {any} frame */
function subtitle(axis, frame) {
  if (axis.kind === 'ops') return 'order of operations; distances mean nothing in Step'
  if (frame.state.mode === Mode.SLOW) return 'order is real; each operation is drawn wide enough to read'
  const cut = axis.cuts.length ? ', silences cut' : ''
  if (axis.to >= 1e8) return 'time since the start' + cut
  return `real time, from ${formatAt(axis.scale.ns[0])} on; ${formatSpan(axis.to)} shown${cut}`
}

/** @param {SVGElement} svg @param {number} w @param {number} hh */
function grow(svg, w, hh) {
  const box = `0 0 ${w} ${hh}`
  if (svg.getAttribute('viewBox') === box) return
  svg.setAttribute('viewBox', box)
  svg.style.setProperty('height', hh + 'px')
}

define('ipc-timeline', Timeline)
