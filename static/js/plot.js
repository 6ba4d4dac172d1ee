// @ts-check
// Full speed: what aggregates say of rates, levels and latencies, and the histogram.

import { Base, cut, define, heading, Pen, wide } from '#ipclab/dom.js'
import { size, torn } from '#ipclab/paint.js'
import { formatCount, formatSpan } from '#ipclab/words.js'

/** @typedef {import('#ipclab/frames.js').Aggregate} Aggregate */
/** @typedef {{a: number, b: number, q: number}} Bin */

/**
 * Rates, levels and holes between two moments.
 * @param {Aggregate[]} all oldest first @param {number} from ns @param {number} to ns @param {number} procs @param {number} parts
 */
export function heatOf(all, from, to, procs, parts) {
  /** @type {Bin[][]} */
  const lanes = Array.from({ length: procs }, () => [])
  /** @type {{u: number, min: number, mean: number, max: number, cap: number}[][]} */
  const levels = Array.from({ length: parts }, () => [])
  /** @type {{a: number, b: number, n: number}[]} */
  const holes = []
  let bin = 0
  for (let i = 0; i < all.length; i++) {
    const g = /** @type {Aggregate} */ (all[i])
    const was = all[i - 1]
    if (g.at < from || g.at - g.span > to) continue
    const a = was ? Math.max(was.at, g.at - 4 * g.span) : g.at - g.span
    bin = g.span
    g.procs.forEach((/** @type {any} */ p, /** @type {number} */ k) => {
      const calls = was?.procs[k] ? p.calls - was.procs[k].calls : 0
      if (was && g.at > was.at) lanes[k]?.push({ a, b: g.at, q: Math.max(0, calls) / (g.at - was.at) })
    })
    g.parts.forEach((/** @type {any} */ p, /** @type {number} */ k) => levels[k]?.push({ u: g.at, min: p.min, mean: p.mean, max: p.max, cap: p.cap }))
    const lost = was ? g.dropped - was.dropped : 0
    const last = holes.at(-1)
    if (lost > 0 && last && last.b >= a) Object.assign(last, { b: g.at, n: last.n + lost })
    else if (lost > 0) holes.push({ a, b: g.at, n: lost })
  }
  for (const l of lanes) {
    const most = Math.max(...l.map(b => b.q), 1e-12)
    for (const b of l) b.q /= most
  }
  return { lanes, levels, holes, bin }
}

/** Heat strips and levels at full speed. @param {Pen} pen @param {any} frame @param {number} from @param {number} to @param {number} width */
export function paintHeat(pen, frame, from, to, width) {
  const procs = frame.state.procs
  const n = procs.length
  const shown = frame.header.scene.parts.map((/** @type {any} */ p, /** @type {number} */ i) => (p.type === 'pipe' ? i : -1)).filter((/** @type {number} */ i) => i >= 0).slice(0, 1)
  const h = heatOf(frame.trace.aggregates, from, to, n, frame.header.scene.parts.length)
  const lh = n <= 2 ? 34 : n <= 8 ? 20 : 8
  const gap = n <= 2 ? 14 : n <= 8 ? 7 : 3
  const x0 = width < 500 ? 70 : 92
  const x1 = width - 12
  const X = (/** @type {number} */ ns) => x0 + ((Math.max(from, Math.min(to, ns)) - from) * (x1 - x0)) / (to - from)
  const top = 34
  const y0 = top + n * (lh + gap) + 14
  const ph = shown.length ? 116 : 0
  const end = y0 + ph
  for (let k = 0; k <= 4; k++) {
    const x = x0 + ((x1 - x0) * k) / 4
    pen.path(`M${x} ${top - 10}V${end + 10}`, { class: 'rule' })
    pen.text(x, end + 26, k === 4 ? 'now' : `−${+(((to - from) * (4 - k)) / 4e9).toFixed(2)}\u00a0s`, 'm t3 tm')
  }
  procs.forEach((/** @type {any} */ p, /** @type {number} */ i) => {
    const y = top + i * (lh + gap)
    pen.rect(0, y - 2, 6, lh + 4, { rx: 3, fill: p.stripe ? `url(#st-stripe-${p.hue})` : `var(--${p.hue})` })
    if (lh > 10) pen.text(14, y + lh / 2 + 5, cut(p.role, x0 - 22), 'name')
    const shades = Array.from({ length: 9 }, () => '')
    for (const b of h.lanes[i] ?? []) {
      const xa = X(b.a)
      const xb = X(b.b)
      if (xb > xa) shades[Math.round(b.q * 8)] += `M${xa.toFixed(1)} ${y}h${Math.max(1, xb - xa - 0.7).toFixed(1)}v${lh}H${xa.toFixed(1)}z`
    }
    shades.forEach((d, k) => pen.path(d || 'M0 0', { fill: `var(--${p.hue})`, 'fill-opacity': 0.1 + (0.9 * k) / 8 }))
  })
  for (const k of shown) envelope(pen, h.levels[k] ?? [], X, y0, ph, x0, x1, procs)
  const lost = h.holes.reduce((s, q) => s + q.n, 0)
  const torns = h.holes.filter(q => q.b - q.a < (to - from) * 0.4 && q.b > from)
  if (torns.length <= 4) for (const q of torns) torn(pen, X(q.a), Math.max(X(q.a) + 18, X(q.b)), `${formatCount(q.n)} records lost`, { ...size(width, null), x0, x1, top, end })
  const x = x1
  pen.path(`M${x} 18V${end + 10}`, { class: 'playhead' })
  pen.rect(x - 32, 1, 40, 18, { rx: 5, class: 'is-now' })
  pen.text(x - 12, 14.5, 'live', 'b tm on-now')
  pen.end()
  return { height: end + 34, bin: h.bin, lost: torns.length > 4 || torns.length < h.holes.length ? lost : 0 }
}

/** @param {Pen} pen @param {{u: number, min: number, mean: number, max: number, cap: number}[]} l @param {(u: number) => number} X @param {number} y @param {number} h @param {number} x0 @param {number} x1 @param {any[]} procs */
function envelope(pen, l, X, y, h, x0, x1, procs) {
  const givers = procs.filter(p => p.group === 'giver')
  const hue = givers.length === 1 ? givers[0].hue : 'k'
  const cap = Math.max(1, ...l.map(p => Math.max(p.cap, p.max)))
  const Y = (/** @type {number} */ v) => (y + h - (v / cap) * (h - 12)).toFixed(1)
  pen.text(14, y + h / 2, 'in the', 'name')
  pen.text(14, y + h / 2 + 18, 'pipe', 'name')
  pen.path(`M${x0 - 4} ${Y(cap)}H${x1}`, { class: 'cap' })
  pen.path(`M${x0 - 4} ${y + h}H${x1}`, { class: 'edge' })
  if (l.length) {
    const upper = l.map((p, i) => `${i ? 'L' : 'M'}${X(p.u).toFixed(1)} ${Y(p.max)}`).join('')
    const lower = l.map(p => `L${X(p.u).toFixed(1)} ${Y(p.min)}`).reverse().join('')
    pen.path(`${upper}${lower}Z`, { class: `band-${hue}` })
    pen.path(l.map((p, i) => `${i ? 'L' : 'M'}${X(p.u).toFixed(1)} ${Y(p.mean)}`).join(''), { class: `mean-${hue}` })
  }
  pen.text(x0 + 2, y + 6, `capacity ${formatCount(cap)} B`, 't2')
  const t = 'max, mean and min'
  const under = l.reduce((n, p) => n + p.mean, 0) > l.length * cap * 0.4 ? h - 9 : 28 // where there is room
  pen.rect(x0 + 18, y + under - 13, wide(t) + 8, 17, { rx: 4, class: 'patch' })
  pen.text(x0 + 22, y + under, t, 't2')
}

/**
 * The latencies of the last while, in bins of which each is twice the one before.
 * @param {Aggregate[]} all @param {number} from ns
 */
export function latencyOf(all, from) {
  /** @type {number[]} */
  const bins = []
  let total = 0
  let sample = 1
  for (const g of all) {
    if (g.at < from) continue
    sample = g.sample || 1
    for (let i = 0; i < g.latency.length; i++) {
      const n = Number(g.latency[i])
      bins[i] = (bins[i] ?? 0) + n
      total += n
    }
  }
  let first = bins.findIndex(n => n > 0)
  let last = bins.length - 1
  while (last > first && !bins[last]) last--
  if (first < 0) first = last = 0
  return { bins, total, sample, first, last, p50: quantile(bins, total, 0.5), p99: quantile(bins, total, 0.99) }
}

/**
 * Where a share of all samples lies below, between the bounds of its bin.
 * @param {number[]} bins bin i counts from 2^(i-1) to 2^i ns @param {number} total @param {number} q
 */
export function quantile(bins, total, q) {
  let left = total * q
  for (let i = 0; i < bins.length; i++) {
    const n = bins[i] ?? 0
    if (n > 0 && left <= n) return 2 ** (i - 1 + left / n)
    left -= n
  }
  return 0
}

/** To two digits: a bin is no finer. @param {number} ns */
export const rough = ns => Number(ns.toPrecision(2))

/** A short name of a power of two of ns: 512 ns, 2 µs. @param {number} i */
export function binName(i) {
  const ns = 2 ** i
  const [d, unit] = ns < 1000 ? [1, 'ns'] : ns < 1e6 ? [1024, 'µs'] : ns < 1e9 ? [2 ** 20, 'ms'] : [2 ** 30, 's']
  return `${Math.round(ns / d)}\u00a0${unit}`
}

const WINDOW = 2e9 // ns of samples in one picture

/** The histogram of latencies, in Full speed only. */
export class Plot extends Base {
  /** @type {Pen|undefined} */
  #pen
  #drawn = ''

  /** @param {any} frame */
  update(frame) {
    const all = frame.trace?.aggregates ?? []
    const last = all.at(-1)
    if (this.hidden || !last) return
    const key = `${last.at} ${this.clientWidth} ${this.clientHeight}`
    if (key === this.#drawn) return
    this.#drawn = key
    const svg = this.#build()
    const W = Math.max(200, svg.clientWidth)
    const H = Math.max(190, Math.min(312, svg.clientHeight || 260))
    svg.setAttribute('viewBox', `0 0 ${W} ${H}`)
    const l = latencyOf(all, last.at - WINDOW)
    this.#draw(/** @type {Pen} */ (this.#pen), l, W, H)
    const about = l.total ? `Histogram of ${formatCount(l.total)} latencies, p50 about ${formatSpan(rough(l.p50))}, p99 about ${formatSpan(rough(l.p99))}` : 'No latency yet'
    if (svg.getAttribute('aria-label') !== about) svg.setAttribute('aria-label', about)
  }

  #build() {
    const there = this.querySelector('svg')
    if (there) return there
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
    svg.setAttribute('role', 'img')
    const box = document.createElement('div')
    box.className = 'in'
    box.append(svg)
    this.append(box)
    heading(this, 'Latency').sub('write began → read returned')
    this.#pen = new Pen(svg)
    return svg
  }

  /** @param {Pen} pen @param {ReturnType<typeof latencyOf>} l @param {number} W @param {number} H */
  #draw(pen, l, W, H) {
    const first = Math.max(0, Math.min(l.first - 1, l.last - 9))
    const n = l.last - first + 2
    const y1 = H - 44
    const w = (W - 16) / n
    const X = (/** @type {number} */ bin) => 8 + (bin - first) * w
    const most = Math.max(...l.bins, 1)
    pen.text(8, 16, l.total ? `${formatCount(l.total)} messages, ${l.sample > 1 ? '1 of ' + formatCount(l.sample) : 'each of them'}` : 'no message has arrived yet', 't2')
    for (let i = first; i <= l.last + 1; i++) {
      const hh = ((l.bins[i] ?? 0) / most) * (y1 - 74)
      if (hh > 0) pen.rect(X(i), y1 - Math.max(1, hh), w - 1.5, Math.max(1, hh), { rx: 2, class: 'soft-a' })
    }
    pen.path(`M4 ${y1}H${W - 4}`, { class: 'edge' })
    const every = Math.ceil(52 / w)
    for (let i = first + 1; l.total > 0 && i <= l.last + 1; i += every) pen.text(X(i), y1 + 16, binName(i - 1 < 0 ? 0 : i - 1), 'm t3 tm')
    if (l.total) pen.text(W - 4, H - 6, 'each bar twice the last', 't2 te')
    if (l.total) {
      const marks = [['p50', l.p50, 62, 110], ['p99', l.p99, 40, W - 110]].map(([name, ns, y, turn]) => {
        const x = X(Math.log2(Number(ns)) + 1)
        pen.path(`M${x} ${Number(y) + 6}V${y1}`, { class: 'quantile' })
        return { x, y: Number(y), t: `${name} ≈ ${formatSpan(rough(Number(ns)))}`, left: x > Number(turn) }
      })
      for (const m of marks) {
        const w = wide(m.t, '700 15px Go, system-ui, sans-serif') + 6
        pen.rect(m.left ? m.x + 7 - w : m.x - 7, m.y - 13, w, 18, { class: 'patch' })
        pen.text(m.left ? m.x + 4 : m.x - 4, m.y, m.t, 'big' + (m.left ? ' te' : ''))
      }
    }
    pen.end()
  }
}

define('ipc-plot', Plot)
