// @ts-check
// The events as sentences: the text twin of the stage.

import { isNote, isOp, Steps, stepsOf } from '#ipclab/axis.js'
import { effectOf } from '#ipclab/clock.js'
import { Base, define, h, heading, Rest, say, tell } from '#ipclab/dom.js'
import { Fact, Flag, Kind, Mode } from '#ipclab/event.js'
import { clone, fold } from '#ipclab/fold.js'
import { num, t } from '#ipclab/strings.js'
import { formatAt, formatSpan, sentence } from '#ipclab/words.js'

/** @typedef {import('#ipclab/event.js').Event} Event */
/** @typedef {{seq: number, at: number, op: boolean, step: boolean, who: string, hue: string, text: string, bold: string, bad: boolean}} Row */

const ROWS = 500 // rows in the page at once
const AROUND = 2000 // events before and after the present one that have sentences
const KEPT = 4 * AROUND // rows kept

/** Facts that are worth a sentence; the others only move numbers. */
/** @type {Set<number>} */
const told = new Set([Fact.MODE, Fact.AGREES, Fact.CAPACITY, Fact.SAMPLE])

/**
 * Whether an event has a sentence in the log. What the sampler reads is told only
 * where it changes what a person would say.
 * @param {Event} e @param {string} before how the process was shown before it @param {string} after
 */
export function tells(e, before, after) {
  if (e.kind !== Kind.STATE) return true
  if (e.call === Fact.AGREES) return e.ret === 0
  if (e.call === Fact.STATE) return before !== after && (before === 'stopped' || after === 'stopped' || after === 'zombie')
  return told.has(e.call)
}

/** The sentences of a trace around the present moment, added to as it grows. */
export class Story {
  /** @param {any} trace @param {any} header */
  constructor(trace, header) {
    this.trace = trace
    this.header = header
    this.steps = new Steps(trace)
    /** @type {Row[]} */
    this.rows = []
    this.from = -1 // the first event with a sentence
    this.read = -1 // and the last
    /** @type {any} */
    this.state = null
  }

  /** Whether it begins where the trace begins. */
  get whole() {
    return this.trace.length > 0 && this.from <= this.trace.at(0).seq
  }

  /** Tells all up to an event and, if there are more, some that follow it. @param {number} index */
  update(index) {
    const { trace } = this
    const seq = trace.at(index).seq
    let i = trace.indexOf(this.read) + 1
    if (this.from < 0 || seq < this.from || i <= 0 || index - i > AROUND) {
      i = Math.max(0, index - AROUND)
      this.rows = []
      this.from = trace.at(i).seq
      this.state = null
    }
    const end = Math.min(trace.length, Math.max(i, index + AROUND))
    if (i >= end) return this
    if (!this.state) {
      this.state = clone(trace.state(Math.max(0, i - 1)))
      if (i === 0) this.#add(trace.at(i++), '', '')
    }
    for (; i < end; i++) {
      const e = trace.at(i)
      const before = this.state.procs[e.proc - 1]?.st ?? ''
      fold(this.state, e)
      this.#add(e, before, this.state.procs[e.proc - 1]?.st ?? '')
    }
    this.read = trace.at(end - 1).seq
    if (this.rows.length > KEPT && index >= end - AROUND) {
      this.rows.splice(0, this.rows.length - KEPT + AROUND)
      this.from = this.rows[0]?.seq ?? this.read
    }
    return this
  }

  /** @param {Event} e @param {string} before @param {string} after */
  #add(e, before, after) {
    if (!tells(e, before, after) || isNote(this.header.scene.parts[e.part - 1])) return
    const s = sentence(e, this.state, this.header)
    if (!s?.text) return
    const p = this.state.procs[e.proc - 1]
    const who = s.who ?? ''
    const hue = e.flags & Flag.USER ? 'you' : !p || who === 'kernel' || who === 'lab' ? 'k' : p.hue
    this.rows.push({ seq: e.seq, at: effectOf(e), op: isOp(e) || e.kind === Kind.BLOCK || e.kind === Kind.WAKE, step: this.steps.is(e), who, hue, text: s.text, bold: s.bold ?? '', bad: Boolean(s.bad) })
  }
}

/**
 * Full speed in sentences: what each second brought, and what was lost.
 * @param {any[]} all aggregates, oldest first @returns {Row[]}
 */
export function summaries(all) {
  /** @type {Row[]} */
  const rows = []
  const add = (/** @type {any} */ g, /** @type {string} */ who, /** @type {string} */ text, /** @type {string} */ bold) =>
    rows.push({ seq: -g.at - rows.length / 16, at: g.at, op: false, step: false, who, hue: who === 'lab' ? 'k' : 'you', text, bold, bad: false })
  const sum = (/** @type {any} */ g, /** @type {'received'|'sent'|'calls'} */ k) => g.procs.reduce((/** @type {number} */ n, /** @type {any} */ p) => n + Number(p[k]), 0)
  let from = all[0]
  for (const g of all) {
    if (Math.floor(g.at / 1e9) === Math.floor(from.at / 1e9)) continue
    const [k, what] = sum(g, 'received') > 0 ? /** @type {const} */ (['received', 'messages']) : sum(g, 'sent') > 0 ? /** @type {const} */ (['sent', 'operations']) : /** @type {const} */ (['calls', 'records'])
    const n = num(Math.round(((sum(g, k) - sum(from, k)) * 1e9) / (g.at - from.at)))
    if (g.at - from.at > 5e8) add(g, 'all', `${n} ${what} a second`, n)
    const lost = num(g.dropped - from.dropped)
    if (g.dropped > from.dropped) add(g, 'lab', `${lost} records lost, counted`, lost + ' records lost')
    from = g
  }
  return rows
}

/** The last row that is not after a sequence number, or -1. @param {Row[]} rows @param {number} seq */
export function rowAt(rows, seq) {
  let lo = 0
  let hi = rows.length
  while (lo < hi) {
    const m = (lo + hi) >> 1
    if (/** @type {Row} */ (rows[m]).seq <= seq) lo = m + 1
    else hi = m
  }
  return lo - 1
}

/** Which rows are in the page: those around the present one, newest first to go. @param {number} n @param {number} now */
export function slice(n, now) {
  const to = Math.min(n, Math.max(now + 1 + ROWS / 2, ROWS))
  return { from: Math.max(0, to - ROWS), to }
}

/** A sentence in pieces, of which one is bold. @param {string} text @param {string} bold @returns {[string, string, string]} */
export function bolded(text, bold) {
  const i = bold ? text.indexOf(bold) : -1
  return i < 0 ? [text, '', ''] : [text.slice(0, i), bold, text.slice(i + bold.length)]
}

/** How far from the present moment. @param {number} ns */
const apart = ns => (ns < 0 ? '−' : '+') + formatSpan(Math.abs(ns))

/** `<ipc-log>` */
export class Log extends Base {
  /** @type {Story|undefined} */
  #story
  /** @type {Row[]} */
  #rows = []
  /** @type {HTMLElement|undefined} */
  #list
  /** @type {HTMLElement|undefined} */
  #box
  /** @type {any} what to do while no call has been made */
  #none
  /** @type {Map<number, HTMLElement>} rows in the page by sequence number */
  #nodes = new Map()
  /** @type {any} */
  #top
  #from = 0
  #to = 0
  #key = ''
  #rest = new Rest()
  #length = 0 // of the trace, when it was drawn last
  #now = 0 // sequence number of the present row
  #cursor = -1 // the row that the arrow keys are at
  /** @type {any} */
  #frame

  /** @param {any} frame */
  update(frame) {
    this.#frame = frame
    if (!frame.state || !frame.trace) return
    if (this.#story?.trace !== frame.trace) {
      this.#story = new Story(frame.trace, frame.header)
      this.#nodes.clear()
      this.#list?.replaceChildren()
      this.#from = this.#to = 0
      this.#key = ''
    }
    this.#list ?? this.#build()
    if (!frame.trace.length || frame.index < 0) return
    const all = frame.trace.aggregates
    const full = frame.live && frame.state.mode === Mode.FULL && all.length > 0
    const seq = full ? Infinity : frame.trace.at(frame.index).seq
    const key = full ? `full ${Math.floor(all.at(-1).at / 1e9)} ${frame.trace.length}` : `${frame.trace.length} ${frame.trace.last} ${seq}`
    if (key === this.#key) return
    // What pours in is read only now and then: 2000 sentences in a frame help nobody.
    const pours = frame.trace.length - this.#length > 100
    if (frame.live && pours && !this.#rest.over(250, () => this.update(this.#frame))) return
    this.#length = frame.trace.length
    this.#key = key
    const story = /** @type {Story} */ (this.#story).update(frame.index)
    let { rows } = story
    if (full) rows = [...rows.filter(r => !r.op), ...summaries(all)].sort((a, b) => a.at - b.at)
    this.#rows = rows
    const now = full ? rows.length - 1 : rowAt(rows, seq)
    this.#draw(rows, now, frame)
    this.#none.hidden = rows.some(r => r.op) || !frame.live || frame.over || frame.state.mode !== Mode.STEP || frame.role === 'viewer'
    const count = story.whole ? `${num(now + 1)} of ${num(rows.length)}` : `event ${num(frame.index + 1)} of ${num(frame.trace.length)}`
    say(this.#top.end, !full ? count : frame.state.sample > 1 ? `1 of ${num(frame.state.sample)} recorded` : '')
  }

  #build() {
    this.#top = heading(this, this.dataset.title ?? 'Events as text')
    this.#list = h('ol', { className: 'log' })
    this.#box = h('div', { className: 'rows', role: 'log', 'aria-live': 'off', 'aria-label': 'Events', tabIndex: 0 }, this.#list)
    const next = h('button', { type: 'button', className: 'btn sm' }, t('next'), h('kbd', {}, 'Space'))
    next.addEventListener('click', () => tell(this, 'ipc-press', 'do:next'))
    this.#none = h('div', { className: 'none', hidden: true }, h('p', {}, h('b', {}, t('noCall')), ' ', t('noCallText')), next)
    this.#box.append(this.#none)
    this.append(this.#box)
    this.#list.addEventListener('click', e => {
      if (String(getSelection() ?? '')) return // somebody marks text
      const li = /** @type {Element} */ (e.target).closest('li')
      if (li) this.#seek(Number(li.dataset.seq))
    })
    this.#box.addEventListener('keydown', e => this.#keyed(e))
    this.#box.addEventListener('blur', () => this.#point(-1))
  }

  /** @param {Row[]} rows @param {number} now @param {any} frame */
  #draw(rows, now, frame) {
    const list = /** @type {HTMLElement} */ (this.#list)
    const box = /** @type {HTMLElement} */ (this.#box)
    const present = rows[now]?.seq ?? 0
    const { from, to } = slice(rows.length, now)
    const ops = frame.state.mode === Mode.STEP && frame.mode !== 'replay'
    const steps = ops ? stepsOf(frame.trace) : null
    const wanted = rows.slice(from, to)
    const close = !frame.live && frame.state.mode === Mode.FULL // full speed, slowed down: all of it is the same second
    const here = rows[now]?.at ?? 0
    if (wanted[0]?.seq !== this.#from || this.#to !== wanted.at(-1)?.seq) {
      const keep = new Set(wanted.map(r => r.seq))
      for (const [seq, node] of this.#nodes) if (!keep.has(seq)) node.remove(), this.#nodes.delete(seq)
      let after = /** @type {Element|null} */ (null)
      for (const r of wanted) {
        let node = this.#nodes.get(r.seq)
        if (!node) {
          node = item(r)
          this.#nodes.set(r.seq, node)
          if (after) after.after(node)
          else list.prepend(node)
        }
        after = node
      }
      this.#from = wanted[0]?.seq ?? 0
      this.#to = wanted.at(-1)?.seq ?? 0
    }
    for (const r of wanted) {
      const node = this.#nodes.get(r.seq)
      const time = node?.firstElementChild
      if (time) say(time, steps ? (r.step ? 'op\u00a0' + steps.upTo(r.seq) : '') : close && r.seq !== present ? apart(r.at - here) : formatAt(r.at))
    }
    this.#nodes.get(this.#now)?.classList.remove('on')
    this.#nodes.get(this.#now)?.removeAttribute('aria-current')
    const node = this.#nodes.get(present)
    node?.classList.add('on')
    node?.setAttribute('aria-current', 'true')
    this.#now = present
    if (node && this.#cursor < 0) show(box, node)
  }

  /** @param {number} seq */
  #seek(seq) {
    const index = seq < 0 ? -1 : this.#frame.trace.indexOf(seq)
    if (seq < 0) tell(this, 'ipc-seek', { t: Math.floor(-seq) })
    else if (index >= 0) tell(this, 'ipc-seek', { index })
  }

  /** @param {number} row */
  #point(row) {
    const rows = this.#rows
    this.#nodes.get(rows[this.#cursor]?.seq ?? -1)?.classList.remove('at')
    this.#cursor = row
    const node = this.#nodes.get(rows[row]?.seq ?? -1)
    node?.classList.add('at')
    if (node && this.#box) show(this.#box, node)
  }

  /** @param {KeyboardEvent} e */
  #keyed(e) {
    if (e.ctrlKey || e.altKey || e.metaKey) return
    const rows = this.#rows
    const here = this.#cursor >= 0 ? this.#cursor : rowAt(rows, this.#now)
    const to = { ArrowUp: here - 1, ArrowDown: here + 1, PageUp: here - 10, PageDown: here + 10, Home: 0, End: rows.length - 1 }[e.key]
    if (to !== undefined) {
      const row = Math.max(0, Math.min(rows.length - 1, to))
      const r = rows[row]
      if (r && !this.#nodes.has(r.seq)) this.#seek(r.seq) // beyond what is in the page
      this.#point(row)
    } else if (e.key === 'Enter' && this.#cursor >= 0) this.#seek(rows[this.#cursor]?.seq ?? 0)
    else return
    e.preventDefault()
    e.stopPropagation()
  }
}

/** @param {Row} r */
function item(r) {
  const [before, bold, after] = bolded(r.text, r.bold)
  const text = h('span', { className: r.bad ? 'bad' : '' }, before, ...(bold ? [h('b', {}, bold)] : []), after)
  const li = h('li', {}, h('time', {}), h('span', { className: 'who ' + r.hue }, r.who), text)
  li.dataset.seq = String(r.seq)
  return li
}

/** Scrolls a box, and nothing else, so that a row in it can be seen. @param {HTMLElement} box @param {HTMLElement} row */
function show(box, row) {
  const top = row.offsetTop // the box is positioned
  const low = top + row.offsetHeight + 8
  if (top < box.scrollTop) box.scrollTop = top - 8
  else if (low > box.scrollTop + box.clientHeight) box.scrollTop = low - box.clientHeight
}

define('ipc-log', Log)
