// @ts-check
// What every drawing on the stage is made of: a pen that knows the stage's texts,
// icons and patterns. Presentation attributes only; colours are custom properties.

import { Pen } from '#ipclab/dom.js'

/** @typedef {import('#ipclab/layout.js').Points} Points */

/** @param {string} name */
export const v = name => `var(--${name})`

/** @type {CanvasRenderingContext2D|null|undefined} */
let ruler
/** @type {Map<string, number>} */
const widths = new Map()

/** The width of a text in units. @param {string} text @param {number} [size] @param {boolean} [mono] @param {number} [weight] */
export function tw(text, size = 13, mono = false, weight = 400) {
  const key = `${weight}${mono ? 'm' : ''}${text}`
  let w = widths.get(key)
  if (w === undefined) {
    ruler ??= globalThis.document?.createElement('canvas').getContext('2d')
    if (ruler) ruler.font = `${weight} 100px ${mono ? '"Go Mono", ui-monospace, monospace' : 'Go, system-ui, sans-serif'}`
    w = ruler ? ruler.measureText(text).width / 100 : text.length * (mono ? 0.6 : 0.52)
    if (widths.size > 3000) widths.clear()
    widths.set(key, w)
  }
  return w * size
}

/** When the fonts have come all texts are measured again. */
export function measureAgain() {
  widths.clear()
}

/** A text that fits: smaller down to 12, then cut; of a number, in front. @param {string} text @param {number} size @param {number} max @param {boolean} mono @param {number} weight @returns {[string, number]} */
export function fit(text, size, max, mono, weight) {
  const w = tw(text, 1, mono, weight)
  if (w * size <= max) return [text, size]
  const small = Math.max(12, Math.floor((max / w) * 2) / 2)
  if (w * small <= max) return [text, small]
  const number = /^\D?\d+$/.test(text)
  const cut = (/** @type {number} */ n) => (number ? '…' + text.slice(-n) : text.slice(0, n).trimEnd() + '…')
  let n = text.length
  while (n > 1 && tw(cut(n), 12, mono, weight) > max) n--
  return [cut(n), 12]
}

/** @typedef {{sz?: number, w?: number, an?: string, mono?: boolean, c?: string, f?: string, max?: number}} TextStyle */
/** @typedef {{f?: string, s?: string, sw?: number, d?: string|undefined, r?: number, o?: number, cap?: string|undefined, m?: string|undefined, cls?: string, t?: string}} Style */

/** A pen for the stage: units, not pixels. */
export class Brush extends Pen {
  /** @param {number} x @param {number} y @param {number} w @param {number} h @param {Style} [o] */
  box(x, y, w, h, o = {}) {
    this.put('rect', { x, y, width: Math.max(0, w), height: Math.max(0, h), rx: o.r ?? 5, fill: o.f ?? 'none', stroke: o.s, 'stroke-width': o.sw ?? (o.s ? 1.5 : undefined), 'stroke-dasharray': o.d, opacity: o.o, class: o.cls })
  }

  /** @param {string} d @param {Style} [o] */
  line(d, o = {}) {
    this.put('path', { d, fill: o.f ?? 'none', stroke: o.s, 'stroke-width': o.sw, 'stroke-dasharray': o.d, 'stroke-linecap': o.cap, 'stroke-linejoin': 'round', 'marker-end': o.m && `url(#${o.m})`, opacity: o.o, transform: o.t })
  }

  /** @param {number} x @param {number} y @param {number} r @param {Style} o */
  dot(x, y, r, o) {
    this.put('circle', { cx: x, cy: y, r, fill: o.f ?? 'none', stroke: o.s, 'stroke-width': o.sw })
  }

  /** @param {number} x @param {number} y @param {string|number} text @param {TextStyle} [o] @returns {number} its width */
  say(x, y, text, o = {}) {
    let size = o.sz ?? 13
    let t = String(text)
    if (o.max !== undefined) [t, size] = fit(t, size, o.max, o.mono === true, o.w ?? 400)
    this.put('text', { x, y, 'font-size': size, 'font-weight': o.w, 'text-anchor': o.an, class: [o.mono ? 'm' : '', o.c ?? ''].join(' ').trim() || undefined, fill: o.f }, t)
    return tw(t, size, o.mono, o.w)
  }

  /** @param {string} st @param {number} x @param {number} y @param {string} colour */
  icon(st, x, y, colour) {
    const [d, solid] = ICONS[st] ?? ['', false]
    this.line(d, { t: `translate(${x} ${y})`, f: solid ? colour : 'none', s: solid ? undefined : colour, sw: 1.5, cap: 'round' })
  }

  /** Wrong, always with the sign. @param {number} x @param {number} y */
  bang(x, y) {
    this.dot(x, y, 11, { f: v('bad'), s: v('surface'), sw: 2 })
    this.say(x, y + 5.5, '!', { sz: 16, w: 700, an: 'middle', f: v('surface') })
  }

  /** A label that lies on a wire or on the line. @param {number} x middle @param {number} y middle @param {string} text @param {{now?: boolean, hue?: string, sz?: number}} o @returns {number} its width */
  pill(x, y, text, o = {}) {
    const sz = o.sz ?? (o.now || o.hue ? 14 : 12)
    const w = tw(text, sz, Boolean(o.hue), o.hue || o.now ? 700 : 600) + (o.hue ? 20 : 28)
    const h = o.hue || o.now ? 26 : 22
    if (o.hue) this.box(x - w / 2, y - h / 2, w, h, { r: 6, f: v(o.hue), s: v('surface'), sw: 2 })
    else this.box(x - w / 2, y - h / 2, w, h, { r: h / 2, f: v(o.now ? 'now' : 'kernel'), s: v(o.now ? 'now-edge' : 'kernel-line'), sw: o.now ? 2 : 1.5 })
    this.say(x, y + sz * 0.36, text, { sz, w: o.hue || o.now ? 700 : 600, mono: Boolean(o.hue), an: 'middle', f: o.hue ? v(o.hue + '-on') : o.now ? v('now-ink') : undefined, c: o.hue || o.now ? '' : 'k' })
    return w
  }
}

/** @type {Record<string, [string, boolean]>} */
const ICONS = {
  running: ['M1 0v12l10-6z', true], blocked: ['M1 0h9M1 12h9M2 0c0 6 7 6 7 12M9 0c0 6-7 6-7 12', false],
  stopped: ['M3 0v12M9 0v12', false], zombie: ['M1 1L11 11M11 1L1 11', false], gone: ['M6 1a5 5 0 1 0 .1 0z', false], none: ['M1 6h.1M6 6h.1M11 6h.1', false],
  held: ['M2.6 6.9V3.3a.95.95 0 0 1 1.9 0V6M4.5 6V1.5a.95.95 0 0 1 1.9 0V6M6.4 6V1.2a.95.95 0 0 1 1.9 0V6M8.3 6.3V2.6a.95.95 0 0 1 1.9 0V8c0 2.7-1.5 4.3-3.9 4.3-1.8 0-2.9-.8-3.7-2.3L1 7.2c-.4-.9.8-1.6 1.4-.8z', false],
}

/** A polyline with round corners. @param {Points} q @param {number} [r] */
export function rounded(q, r = 8) {
  const at = (/** @type {number} */ i) => /** @type {[number, number]} */ (q[i])
  let d = `M${at(0)}`
  for (let i = 1; i < q.length - 1; i++) {
    const [a, b, c] = [at(i - 1), at(i), at(i + 1)]
    const near = (/** @type {[number, number]} */ u, /** @type {[number, number]} */ w) => {
      const l = Math.hypot(w[0] - u[0], w[1] - u[1]) || 1
      const k = Math.min(r, l / 2) / l
      return [u[0] + (w[0] - u[0]) * k, u[1] + (w[1] - u[1]) * k]
    }
    d += `L${near(b, a)}Q${b} ${near(b, c)}`
  }
  return d + `L${at(q.length - 1)}`
}

/** The point at a share of a polyline. @param {Points} q @param {number} u @returns {[number, number]} */
export function along(q, u) {
  let all = 0
  for (let i = 1; i < q.length; i++) all += length(q, i)
  let d = Math.max(0, Math.min(1, u)) * all
  for (let i = 1; i < q.length; i++) {
    const l = length(q, i)
    const [a, b] = [/** @type {[number, number]} */ (q[i - 1]), /** @type {[number, number]} */ (q[i])]
    if (d <= l || i === q.length - 1) return [a[0] + ((b[0] - a[0]) * Math.min(d, l)) / (l || 1), a[1] + ((b[1] - a[1]) * Math.min(d, l)) / (l || 1)]
    d -= l
  }
  return q[0] ?? [0, 0]
}

/** @param {Points} q @param {number} i */
function length(q, i) {
  const [a, b] = [/** @type {[number, number]} */ (q[i - 1]), /** @type {[number, number]} */ (q[i])]
  return Math.hypot(b[0] - a[0], b[1] - a[1])
}

/** Arrow heads and patterns, once in a page: of the stage, and of the timeline below it. @param {Element} root */
export function patterns(root) {
  const NS = 'http://www.w3.org/2000/svg'
  const make = (/** @type {string} */ tag, /** @type {Record<string, any>} */ has, /** @type {Element[]} */ ...inside) => {
    const e = document.createElementNS(NS, tag)
    for (const k in has) e.setAttribute(k, String(has[k]))
    e.append(...inside)
    return e
  }
  const arrow = (/** @type {string} */ id, /** @type {number} */ size) => make('marker', { id, viewBox: '0 0 10 10', refX: 8, refY: 5, markerWidth: size, markerHeight: size, orient: 'auto' }, make('path', { d: 'M0 0L10 5L0 10z', fill: 'context-stroke' }))
  const hatch = (/** @type {string} */ id, /** @type {string} */ colour, /** @type {number} */ w, /** @type {string} */ under = 'surface') => make('pattern', { id, width: 7, height: 7, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
    make('rect', { width: 7, height: 7, fill: v(under) }), make('line', { y2: 7, stroke: v(colour), 'stroke-width': w }))
  root.append(make('defs', {}, arrow('st-ar', 5.5), arrow('st-ar2', 4),
    make('pattern', { id: 'st-dots', width: 8, height: 8, patternUnits: 'userSpaceOnUse' }, make('rect', { width: 8, height: 8, fill: v('surface') }), make('circle', { cx: 2, cy: 2, r: 1.3, fill: v('edge'), opacity: 0.6 })),
    hatch('st-mask', 'ink2', 2.2), hatch('st-off', 'line', 2, 'sunken'), hatch('st-bad', 'bad', 1.6, 'bad-soft'),
    ...['a', 'b', 'c', 'd'].flatMap(c => [hatch('st-hatch-' + c, c, 2.4), make('pattern', { id: 'st-stripe-' + c, width: 8, height: 8, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
      make('rect', { width: 8, height: 8, fill: v(c) }), make('line', { x1: 2, x2: 2, y2: 8, stroke: v('surface'), 'stroke-width': 3.4 }))])))
}
