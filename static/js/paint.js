// @ts-check
// How a timeline is drawn: lanes, heat strips, playhead, strip of the whole.

import { nice } from '#ipclab/axis.js'
import { cut, wide } from '#ipclab/dom.js'
import { Mode } from '#ipclab/event.js'
import { formatCount, formatSpan } from '#ipclab/words.js'

/** @typedef {import('#ipclab/dom.js').Pen} Pen */
/** @typedef {import('#ipclab/lanes.js').Item} Item */

/**
 * The measures of a drawing: heights follow the number of processes.
 * @param {number} width @param {any} p the picture, or null
 */
export function size(width, p) {
  const n = p?.lanes?.length ?? 2
  const lh = n <= 2 ? 26 : n <= 4 ? 22 : n <= 8 ? 16 : 8
  const gap = n <= 2 ? 12 : n <= 4 ? 10 : n <= 8 ? 5.5 : 3
  const top = 30
  const ph = n > 4 ? 28 : 40
  const parts = (p?.parts ?? []).map((/** @type {any} */ q, /** @type {number} */ k) => ({
    y: top + n * (lh + gap) + k * (ph + 8) + 2, h: q.type === 'futex' ? Math.min(ph, 24) : ph,
  }))
  const end = parts.length ? parts.at(-1).y + parts.at(-1).h : top + n * (lh + gap) - gap
  return { x0: width < 500 ? 78 : 104, x1: width - 10, top, lh, gap, parts, end, height: end + 30, y: (/** @type {number} */ i) => top + i * (lh + gap) }
}

/** @typedef {ReturnType<typeof size>} Size */

/** @param {any} axis @param {Size} g */
const toX = (axis, g) => (/** @type {number} */ u) =>
  g.x0 + (Math.max(axis.from, Math.min(axis.to, u)) - axis.from) * (g.x1 - g.x0) / (axis.to - axis.from)

/** @param {Pen} pen @param {any} p @param {any} axis @param {Size} g @param {{now: number, at: number, selected: number, end: number, wide: boolean, least: number, tail: {a: number, b: number}|null}} o at: where the present operation took effect; tail: a silence that goes on */
export function paintLanes(pen, p, axis, g, o) {
  const X = toX(axis, g)
  ticks(pen, axis, g, X, o)
  names(pen, p, g, o.selected)
  const beside = axis.kind === 'time' && !o.wide
  p.lanes.forEach((/** @type {any} */ lane, /** @type {number} */ i) => {
    const y = g.y(i)
    pen.path(`M${g.x0 - 6} ${y + g.lh + g.gap / 2}H${g.x1}`, { class: 'rule' })
    for (const it of lane.items) if (it.k === 'window') oldValue(pen, it, lane, X, y, g, beside)
    const held = p.loads.find((/** @type {any} */ w) => w.p === i + 1 && w.hit)
    if (held) oldValue(pen, { ...held, b: o.end, t: '' }, lane, X, y, g, beside)
    for (const it of lane.items) if (segments.has(it.k)) segment(pen, it, lane, X, y, g, axis)
    boxes(pen, lane, X, y, g, axis, o, p.open[i])
  })
  p.parts.forEach((/** @type {any} */ part, /** @type {number} */ k) => level(pen, part, g.parts[k], X, axis, p, o.end))
  const texts = late.splice(0)
  for (const c of axis.cuts) silence(pen, c, axis, X, g)
  for (const hole of p.holes) if (hole.u + hole.w >= axis.from && hole.u < axis.to) torn(pen, X(hole.u), Math.max(X(hole.u) + 26, X(hole.u + hole.w)), `${formatCount(hole.n)} ${['records lost', 'not sent', 'not kept'][hole.why]}`, g)
  for (const t of texts) patch(pen, t)
  pen.end()
}

/** @type {{x: number, y: number, t: string}[]} texts that lie over everything in their lanes */
const late = []

/** @param {Pen} pen @param {{x: number, y: number, t: string}} o */
function patch(pen, o) {
  const w = wide(o.t)
  pen.rect(o.x - w / 2 - 6, o.y - 8, w + 12, 16, { rx: 4, class: 'patch' })
  pen.text(o.x, o.y + 4.5, o.t, 'b tm')
}

const segments = new Set(['blocked', 'stopped', 'zombie', 'held'])

/** @param {Pen} pen @param {any} p @param {Size} g @param {number} selected */
function names(pen, p, g, selected) {
  p.lanes.forEach((/** @type {any} */ l, /** @type {number} */ i) => {
    const y = g.y(i)
    pen.rect(0, y - 2, 6, g.lh + 4, { rx: 3, fill: l.stripe ? `url(#st-stripe-${l.hue})` : `var(--${l.hue})` })
    if (g.lh > 10) pen.text(14, y + g.lh / 2 + 5, cut(l.name, g.x0 - 22), selected === l.proc ? 'name sel' : 'name')
  })
  p.parts.forEach((/** @type {any} */ q, /** @type {number} */ k) => {
    const title = q.type === 'pipe' ? (g.x0 < 100 ? 'pipe' : 'in the pipe') : q.type === 'signals' ? 'pending' : q.id
    pen.text(14, g.parts[k].y + g.parts[k].h / 2 + 5, cut(title, g.x0 - 22), 'name')
  })
}

/** @param {Pen} pen @param {any} axis @param {Size} g @param {(u: number) => number} X @param {{end: number, tail: any}} o */
function ticks(pen, axis, g, X, o) {
  const tick = (/** @type {number} */ x, /** @type {string} */ t) => {
    pen.path(`M${x} ${g.top - 6}V${g.end + 8}`, { class: 'rule' })
    pen.text(x, g.end + 22, t, 'm t3 tm')
  }
  if (axis.kind === 'ops') {
    for (let n = axis.from; n < Math.min(axis.to, Math.max(o.end, axis.from + 1)); n++) tick(X(n + 0.5), 'op\u00a0' + n)
    return
  }
  const s = axis.scale
  const step = nice(axis.to / Math.max(2, (g.x1 - g.x0) / 72))
  const base = axis.to >= 1e8 ? 0 : s.ns[0]
  const edges = [0, ...axis.cuts.flatMap((/** @type {any} */ c) => [c.a, c.b]), o.tail?.a ?? Infinity] // what follows a silence that goes on has no place yet
  let last = -100
  for (let k = 0; k + 1 < edges.length; k += 2) {
    const a = edges[k] ?? 0
    const b = Math.min(axis.to, edges[k + 1] ?? 0)
    if (a > axis.to) break
    const t0 = s.at(a)
    for (let t = base + Math.ceil((t0 - base) / step) * step, m = 0; a + (t - t0) <= b && m < 40; t += step, m++) {
      const x = X(a + (t - t0))
      const text = axisText(t - base, step, base === 0)
      if (x - last < Math.max(60, text.length * 7.5 + 12) || x > g.x1 - 8) continue
      tick(x, text)
      last = x
    }
  }
}

/** A time on an axis, as exact as its ticks are far apart. @param {number} ns @param {number} step @param {boolean} since */
export function axisText(ns, step, since) {
  if (since && ns >= 60e9) return `${Math.floor(ns / 60e9)}:${((ns % 60e9) / 1e9).toFixed(step < 1e9 ? 1 : 0).padStart(step < 1e9 ? 4 : 2, '0')}`
  const most = Math.max(step, ns / 10) // four digits before the point
  const [d, unit] = since || ns >= 1e9 ? [1e9, 's'] : most >= 1e6 ? [1e6, 'ms'] : most >= 1e3 ? [1e3, 'µs'] : [1, 'ns']
  const digits = Math.min(6, Math.max(0, Math.ceil(-Math.log10(step / d) - 1e-9)))
  return `${since ? '+' : ''}${(ns / d).toFixed(digits)}\u00a0${unit}`
}

/** The widest stretch of a lane between two places on which there is no box. @param {any} lane @param {number} a @param {number} b @param {(u: number) => number} X @param {boolean} beside texts stand beside boxes */
function room(lane, a, b, X, beside) {
  let best = [a, a]
  let from = a
  for (const o of [...lane.items.filter((/** @type {Item} */ o) => o.i >= 0 && o.k !== 'window'), null]) {
    const [x, end] = o ? [X(o.a), X(o.b) + (beside ? wide(o.t) + 14 : 0)] : [b, b]
    if (Math.min(x, b) - from > (best[1] ?? 0) - (best[0] ?? 0)) best = [from, Math.min(x, b)]
    from = Math.max(from, end)
  }
  return /** @type {[number, number]} */ (best)
}

/** @param {Pen} pen @param {Item} it @param {any} lane @param {(u: number) => number} X @param {number} y @param {Size} g @param {any} axis */
function segment(pen, it, lane, X, y, g, axis) {
  const { hue } = lane
  const a = X(it.a)
  const w = X(it.b) - a
  if (w < 1) return
  if (it.k === 'held') {
    if (axis.kind === 'ops') return
    if (w > 3) pen.rect(a, y, w, g.lh, { rx: 3, class: 'held' })
  } else if (it.k === 'blocked') pen.rect(a, y, w, g.lh, { rx: 3, fill: `url(#st-hatch-${hue})`, stroke: `var(--${hue})`, 'stroke-width': 1.5 })
  else if (it.k === 'stopped') pen.rect(a, y, w, g.lh, { rx: 3, fill: 'url(#st-dots)', stroke: `var(--${hue})`, 'stroke-width': 1.5, 'stroke-dasharray': '2 4' })
  else pen.rect(a, y, w, g.lh, { rx: 3, class: 'zombie' })
  label([it.t, it.t.split(' · ')[0] ?? '', it.t.split(/ · | in |:/)[0] ?? ''], ...room(lane, a, a + w, X, false), y, g.lh)
}

/** A text on a light patch, in the first form for which there is room. @param {string[]} texts @param {number} a @param {number} b @param {number} y @param {number} lh */
function label(texts, a, b, y, lh) {
  const t = lh < 14 ? '' : texts.find(s => s && wide(s) + 20 < b - a)
  if (!t) return
  late.push({ x: (a + b) / 2, y: y + lh / 2, t })
}

/**
 * The operations of a lane. In Step all are as wide as a column; in Slow as wide as
 * their text; else as long as they took, with the text beside them.
 * @param {Pen} pen @param {any} lane @param {(u: number) => number} X @param {number} y @param {Size} g @param {any} axis
 * @param {{now: number, at: number, end: number, wide: boolean, least: number}} o @param {any} open what still goes on
 */
function boxes(pen, lane, X, y, g, axis, o, open) {
  const ops = lane.items.filter((/** @type {Item} */ i) => i.k === 'op' || i.k === 'failed' || i.k === 'conflict')
  const walls = [...lane.items, { a: open.a, k: open.st }].filter((/** @type {Item} */ i) => i.k === 'blocked' || i.k === 'stopped').map((/** @type {Item} */ i) => X(i.a))
  let right = g.x0 - 1
  ops.forEach((/** @type {Item} */ it, /** @type {number} */ k) => {
    if (it.b < axis.from || it.a > axis.to) return
    let a = X(it.a)
    let w = Math.max(o.least, X(it.b) - a)
    let beside = false
    if (axis.kind === 'time') {
      const next = ops[k + 1]
      const wall = Math.min(...walls.filter((/** @type {number} */ x) => x > a + 1), next ? X(next.a) - 2 : g.x1)
      const text = g.lh > 10 ? wide(it.t) : 0
      if (o.wide) {
        const edge = X(it.i === o.now ? o.at : o.end)
        w = Math.max(w, Math.min(text + 12, wall - a))
        if (a + w > edge) { // it is the present one, or the newest: it ends at the playhead
          a = Math.max(right + 1, edge - w)
          w = Math.max(8, edge - a)
        }
      } else beside = text > 0 && w < text + 6 && a + w + text + 10 < wall
      if (a + w < right + 0.8) return // less than a pixel beside the last: it is in that
      a = Math.max(a, right)
    }
    right = a + w
    const is = it.i === o.now ? 'is-now' : it.k === 'failed' ? 'failed' : 'op'
    pen.rect(a, y, w, g.lh, is === 'op' ? { rx: Math.min(3, w / 3), fill: `var(--${it.hue})` } :
      is === 'failed' ? { rx: 3, fill: `var(--${it.hue}-soft)`, stroke: `var(--${it.hue})`, 'stroke-width': 1.5 } : { rx: 3, class: is })
    if (g.lh <= 10 || !it.t) return
    const t = [it.t, it.t.split(' ')[0] ?? ''].find(s => wide(s) + 4 <= w) ?? cut(it.t, w - 6)
    if (beside) pen.text(a + w + 5, y + g.lh / 2 + 4.5, it.t, 'b')
    else if (t === it.t || t.length > 2) pen.text(a + w / 2, y + g.lh / 2 + 4.5, t, 'b tm ' + (is === 'op' ? `on-${it.hue}` : is === 'is-now' ? 'on-now' : ''))
    if (it.k === 'conflict') badge(pen, a + w - 2, y + 2)
  })
}

/** @param {Pen} pen @param {number} x @param {number} y */
function badge(pen, x, y) {
  pen.put('circle', { cx: x, cy: y, r: 10, class: 'badge' })
  pen.text(x, y + 5, '!', 'bang tm')
}

/** A stretch in which a process holds a value that another has replaced. @param {Pen} pen @param {Item} it @param {any} lane @param {(u: number) => number} X @param {number} y @param {Size} g @param {boolean} beside */
function oldValue(pen, it, lane, X, y, g, beside) {
  const a = X(it.a) - 3
  const b = X(it.b) + 3
  pen.rect(a, y - 3, b - a, g.lh + 6, { rx: 5, fill: `var(--${lane.hue}-soft)`, stroke: `var(--${lane.hue})`, 'stroke-width': 1, 'stroke-dasharray': '3 3' })
  if (g.lh < 14 || !it.t) return
  const [from, to] = room(lane, a, b, X, beside)
  const t = [it.t, it.t.replace(' all this time', ''), 'holds the old value', 'old value'].find(s => wide(s) + 10 < to - from)
  if (t) pen.text((from + to) / 2, y + g.lh / 2 + 4.5, t, `b tm hue-${lane.hue}`)
}

/** The lane of a part: level, value or owner. @param {Pen} pen @param {any} part @param {{y: number, h: number}} r @param {(u: number) => number} X @param {any} axis @param {any} p @param {number} until */
function level(pen, part, r, X, axis, p, until) {
  const steps = part.steps
  const end = Math.min(axis.to, until)
  if (part.type === 'futex' || part.type === 'filelock') {
    steps.forEach((/** @type {any} */ s, /** @type {number} */ i) => {
      if (!s.v && !s.t) return
      const a = X(s.u)
      const w = X(steps[i + 1]?.u ?? end) - a
      const owner = p.state.procs[s.v - 1]
      const hue = owner?.hue ?? 'a'
      pen.rect(a, r.y, w, r.h, { rx: 3, fill: s.t ? `url(#st-hatch-${hue})` : `var(--${hue}-soft)`, stroke: `var(--${hue})`, 'stroke-width': 1.5 })
      label(s.t ? ['dead owner', 'dead'] : [`owner ${owner?.role ?? ''}`, owner?.role ?? ''], a, a + w, r.y, r.h)
    })
    return
  }
  const word = part.type === 'word' || part.type === 'sem'
  const vs = steps.map((/** @type {any} */ s) => s.v).filter((/** @type {any} */ x) => x !== null) // null: not known
  if (!vs.length) vs.push(0)
  if (part.due) vs.push(part.due.v)
  const low = word ? Math.min(...vs) : 0
  const high = Math.max(part.type === 'pipe' ? part.cap || 1 : low + 1, ...vs)
  const Y = (/** @type {number} */ v) => r.y + r.h - ((v - low) / (high - low)) * (r.h - (word ? 14 : 4))
  let d = ''
  let known = false
  for (const s of steps) {
    if (known) d += `H${X(s.u)}`
    if (s.v !== null) d += known ? `V${Y(s.v)}` : `M${X(s.u)} ${Y(s.v)}`
    known = s.v !== null
  }
  if (known) d += `H${X(end)}`
  if (!word) pen.path(`${d}V${r.y + r.h}H${X(steps[0].u)}Z`, { class: part.hue ? 'soft-' + part.hue : 'soft-k' })
  else pen.path(d, { class: 'value' })
  if (part.due) {
    const { u, v, was } = part.due
    const next = steps.find((/** @type {any} */ q) => q.u > u + 1e-6)
    const x = X(u)
    const to = next ? X(next.u) : Math.max(X(end), x + 64)
    const due = `due: ${formatCount(v)}`
    const still = `still ${formatCount(was)}`
    pen.path(`M${x} ${Y(was)}V${Y(v)}H${to}`, { class: 'due' })
    if (to - x > wide(due) + 8) pen.text(x + 6, Y(v) - 4, due, 'b t2')
    const before = steps.findLast((/** @type {any} */ q) => q.u < u - 1e-6)
    if (to - x > wide(due) + 8 && x - X(before?.u ?? axis.from) > wide(still) + 30) pen.text(x - 6, Y(was) + 14, still, 'b te')
  }
  let last = -99
  steps.forEach((/** @type {any} */ s, /** @type {number} */ i) => {
    const a = X(s.u)
    const w = X(steps[i + 1]?.u ?? end) - a
    if (word && s.v !== null && a - last > Math.max(26, String(s.v).length * 8) && w > 12) pen.text((last = a + Math.min(w / 2, 40)), Y(s.v) - 4, s.t || String(s.v), 'm bb tm')
    const full = part.type === 'pipe' && part.cap > 0 && s.v >= part.cap ? `full: ${formatCount(s.v)} B` : ''
    if (full && wide(full) + 16 < w) pen.text(a + w / 2, r.y + r.h / 2 + 5, full, 't2 tm')
  })
  pen.path(`M${X(axis.from) - 6} ${r.y + r.h + 0.5}H${X(axis.to)}`, { class: 'rule' })
}

/** @param {Pen} pen @param {any[]} list @param {(u: number) => number} X @param {any} axis @param {Size} g @param {[number, number]} now where the playhead says where it is */
function marks(pen, list, X, axis, g, now) {
  let last = -100
  for (const m of list) {
    if (m.u < axis.from || m.u > axis.to) continue
    const x = X(m.u)
    const y = m.lane >= 0 ? g.y(m.lane) + g.lh / 2 : g.end
    pen.path(`M${x} ${g.top - 8}V${y}`, { class: 'mark' })
    if (m.lane >= 0) pen.path(`M${x} ${y - 8}l8 8l-8 8l-8 -8z`, { class: 'diamond' })
    const w = wide(m.t)
    let at = Math.min(g.x1 - w / 2, Math.max(w / 2 + 2, x))
    if (at + w / 2 > now[0] - 4 && at - w / 2 < now[1] + 4) at = now[0] - w / 2 - 5
    if (at - w / 2 > last + 6) {
      pen.text(at, g.top - 12, m.t, 'b tm')
      last = at + w / 2
    }
  }
}

/** @param {Pen} pen @param {{a: number, b: number}} c @param {any} axis @param {(u: number) => number} X @param {Size} g */
function silence(pen, c, axis, X, g) {
  if (c.b < axis.to) zigzag(pen, X(c.a + (c.b - c.a) * 0.82), g, false)
}

/** @param {Pen} pen @param {number} x @param {Size} g @param {boolean} edge */
function zigzag(pen, x, g, edge) {
  let d = `M${x} ${g.top - 6}`
  for (let y = g.top - 6, k = 0; y < g.end; y += 9, k++) d += `l${k % 2 ? 6 : -6} 9`
  if (!edge) pen.path(d, { class: 'break' })
  pen.path(d, { class: edge ? 'tear' : 'break-line', transform: edge ? undefined : 'translate(4,0)' })
  if (!edge) pen.path(d, { class: 'break-line', transform: 'translate(-4,0)' })
}

/** Where records are missing: torn, hatched and counted. @param {Pen} pen @param {number} a @param {number} b @param {string} t @param {Size} g */
export function torn(pen, a, b, t, g) {
  pen.rect(a, g.top - 6, b - a, g.end - g.top + 8, { fill: 'url(#st-off)' })
  zigzag(pen, a, g, true)
  zigzag(pen, b, g, true)
  const w = wide(t) + 16
  const x = Math.max(g.x0, Math.min(g.x1 - w, (a + b) / 2 - w / 2))
  pen.rect(x, (g.top + g.end) / 2 - 11, w, 22, { rx: 5, class: 'lostbox' })
  pen.text(x + w / 2, (g.top + g.end) / 2 + 4.5, t, 'b tm')
}

/** The playhead, bookmarks, what is not yet, and what still goes on. @param {Pen} pen @param {any} p @param {any} axis @param {Size} g @param {{u: number, end: number, text: string, t: number, future: boolean, mode: number, marks: number[], hint: string, tail: {a: number, b: number}|null}} o hint: what to do while nothing has happened */
export function paintNow(pen, p, axis, g, o) {
  const X = toX(axis, g)
  let told = o.mode !== Mode.SLOW // one lane, on which nothing else is, says what the empty stretches are
  const quiet = (/** @type {number} */ i) => {
    if (told || p.lanes[i].items.some((/** @type {Item} */ it) => it.k !== 'held')) return ''
    told = true
    return 'held by the pace: not its turn'
  }
  p.open.forEach((/** @type {any} */ q, /** @type {number} */ i) => {
    if (!q.st || o.end <= q.a || q.a > axis.to) return
    const text = q.st === 'blocked' ? `blocked in ${q.call}` : q.st === 'held' ? quiet(i) : q.st
    const long = axis.kind === 'time' && (q.st === 'blocked' || q.st === 'stopped') && o.t - q.ns > 1e8 ? ` · ${formatSpan(Math.floor((o.t - q.ns) / 1e8) * 1e8)}` : ''
    segment(pen, { a: q.a, b: o.end, k: q.st, t: text + long, hue: '', i: -1 }, p.lanes[i], X, g.y(i), g, axis)
  })
  if (o.tail) silence(pen, o.tail, axis, X, g)
  for (const t of late.splice(0)) patch(pen, t)
  const x = X(o.u)
  const w = Math.max(40, wide(o.text) + 14)
  const at = Math.min(g.x1 + 8 - w / 2, x)
  marks(pen, p.marks, X, axis, g, [at - w / 2, at + w / 2])
  if (o.u >= axis.from && o.u <= axis.to) {
    const rest = g.x1 - x
    if (rest > 2) pen.rect(x + 1.5, g.top - 8, rest - 1, g.end - g.top + 16, { class: 'notyet' })
    for (const u of o.marks) if (u >= axis.from && u <= axis.to) ribbon(pen, X(u), g.top - 8, g.end + 1)
    pen.path(`M${x} 14V${g.end + 8}`, { class: 'playhead' })
    pen.rect(at - w / 2, 1, w, 18, { rx: 5, class: 'is-now' })
    pen.text(at, 14.5, o.text, 'b tm on-now')
    if (o.hint) pen.text((x + g.x1) / 2, (g.top + g.end) / 2, cut(o.hint, rest - 12), 't2 tm')
    if (rest > 80 && o.future) pen.text(at + w / 2 + 8, 14, o.end > o.u + 0.01 * (axis.to - axis.from) ? 'later' : 'not yet', 't3')
  }
  pen.end()
}

/** The strip's ends; after what can be read stands what cannot, as long as its label: nobody knows how long it was. @param {number} width @param {boolean} damaged */
export function stripSize(width, damaged) {
  const { x0, x1 } = size(width, null)
  return { x0, x1, to: damaged ? x1 - 124 : x1 }
}

/** A bookmark. @param {Pen} pen @param {number} x @param {number} a @param {number} b */
function ribbon(pen, x, a, b) {
  pen.path(`M${x} ${a}V${b}`, { class: 'bookmark' })
  pen.path(`M${x - 5} ${b}h10v11l-5 -4l-5 4z`, { class: 'ribbon' })
}

/** The whole recording: chapters, damage, bookmarks and where we are. @param {Pen} pen @param {{to: number, chapters: {at: number, title: string}[], damage: number|null}} o @param {number} t @param {number[]} marks @param {number} width */
export function paintStrip(pen, o, t, marks, width) {
  const { x0, x1, to } = stripSize(width, o.damage !== null)
  const X = (/** @type {number} */ ns) => x0 + (Math.min(ns, o.to) * (to - x0)) / Math.max(1, o.to)
  const end = o.damage ?? o.to
  pen.text(0, 21, cut('all ' + formatSpan(o.to), x0 - 8), 'name')
  const starts = o.chapters.length ? o.chapters : [{ at: 0, title: '' }]
  starts.forEach((c, i) => {
    const a = X(c.at)
    const b = X(Math.min(end, starts[i + 1]?.at ?? end))
    const here = t >= c.at && t < (starts[i + 1]?.at ?? Infinity)
    if (b - a < 1) return
    pen.rect(a + 0.5, 5, b - a - 1, 22, { rx: 4, class: here ? 'chapter here' : 'chapter' })
    const title = [`${i + 1} ${c.title}`, String(i + 1)].find(s => wide(s) + 14 < b - a)
    if (title && o.chapters.length) pen.text(a + 8, 20.5, title, 't')
  })
  if (o.damage !== null) {
    const a = X(o.damage)
    pen.rect(a, 5, x1 - a, 22, { rx: 4, class: 'damaged' })
    pen.rect((a + x1) / 2 - 52, 8, 104, 16, { rx: 4, class: 'patch' })
    pen.text((a + x1) / 2, 20.5, '! cannot be read', 'b bad tm')
  }
  for (const m of marks) ribbon(pen, X(m), 2, 27)
  pen.path(`M${X(t)} 1V31`, { class: 'playhead' })
  pen.end()
}
