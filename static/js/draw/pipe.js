// @ts-check
// A pipe: its pages, who wrote what lies in them, head and tail; and at full speed a
// level, where single bytes would be a lie.

import { Kind } from '#ipclab/event.js'
import { DROPS } from '#ipclab/layout.js'
import { Brush, tw, v } from '#ipclab/draw/kit.js'
import { isGone } from '#ipclab/fold-pipe.js'
import { formatBytes, formatCount, messageName } from '#ipclab/words.js'

/** @typedef {import('#ipclab/fold.js').State} State */
/** @typedef {import('#ipclab/layout.js').PartBox} PartBox */
/** @typedef {Map<string, {x: number, y: number}>} Spots where a wire may end, by part and place */

/** @param {Brush} g @param {PartBox} b @param {any} frame @param {Spots} spots @param {number} drop */
export function drawPipe(g, b, frame, spots, drop) {
  const s = /** @type {State} */ (frame.state)
  const p = s.parts[b.n]
  const def = frame.header.scene.parts[b.n]
  const phone = b.rows === 2
  const px = b.x + (phone ? 10 : 22)
  const inner = b.w - 2 * (px - b.x)
  const wrong = p.agrees === false
  if (isGone(s, frame.header.scene, b.n)) return drawGone(g, b, def, p.level, px, inner)
  g.box(b.x, b.y, b.w, b.h, { r: 14, f: v('surface'), s: v('kernel-line'), sw: 2 })
  const pages = Math.max(1, Math.floor(p.cap / p.page))
  const level = wrong && p.kernel >= 0 ? p.kernel : p.level
  const text = phone ? `${formatCount(level)} of ${formatBytes(p.cap)}` : `${formatCount(level)} / ${formatBytes(p.cap)}`
  const lz = phone ? 13 : 14
  const lw = tw(text, lz, true, 700)
  const gw = phone ? Math.min(64, inner - lw - 130) : 126
  const nw = g.say(px, b.y + 24, def.title || def.object || def.id, { sz: 15, w: 700, max: inner - lw - gw - 24 })
  const sub = p.packets ? `${pages} slots of one packet` : pages === 1 ? 'one page of 4 KiB' : `ring of ${formatCount(pages)} pages of ${p.page / 1024} KiB`
  if (!phone && drop < DROPS.subtitle) g.say(px + nw + 14, b.y + 24, sub, { sz: 13, c: 't2', max: inner - nw - lw - gw - 40 })
  g.say(b.x + b.w - (px - b.x), b.y + 25, text, { sz: lz, mono: true, w: 700, an: 'end' })
  if (gw > 30) {
    const gx = b.x + b.w - (px - b.x) - lw - gw - 12
    g.box(gx, b.y + 15, gw, 10, { s: v('edge'), sw: 1, f: v('sunken') })
    g.box(gx + 1, b.y + 16, (gw - 2) * Math.min(1, level / Math.max(1, p.cap)), 8, { r: 4, f: v('ink') })
  }
  if (wrong || !p.slots) return unknown(g, b, p, wrong, px, inner)
  const shown = windowOf(p, 16)
  const rows = phone ? 2 : 1
  const per = Math.max(Math.ceil(shown.length / rows), phone ? 8 : Math.min(16, pages))
  const cw = Math.min((inner + 5) / per, 120)
  const sh = phone ? 34 : Math.max(52, Math.min(78, b.h - 94))
  const py = b.y + 38
  const sm = sh + 24
  const at = (/** @type {number} */ k) => ({ x: px + (k % per) * cw, y: py + Math.floor(k / per) * sm })
  shown.forEach((i, k) => {
    const { x, y } = at(k)
    drawSlot(g, p.slots[i], x, y, cw - 5, sh, { s, p, i, bytes: !phone && drop < DROPS.bytes })
    g.say(x + (cw - 5) / 2, y + sh + 16, i, { sz: 12, mono: true, an: 'middle', c: 't3' })
    spots.set(`${b.n}:${i}`, { x: x + (cw - 5) / 2, y })
  })
  const [h, t] = [p.head % pages, p.tail % pages]
  if (phone) {
    const y = py + rows * sm + 8
    g.say(px, y + 1, `head ${h}: next write`, { sz: 12.5, w: 600 })
    g.say(b.x + b.w - 10, y + 1, `tail ${t}: next read`, { sz: 12.5, w: 600, an: 'end' })
    return
  }
  const mark = (/** @type {number} */ i, /** @type {string} */ txt, /** @type {boolean} */ left) => {
    const k = shown.indexOf(i)
    if (k < 0) return
    const q = at(k)
    const x = q.x + (cw - 5) / 2
    const y = q.y + sh + 24
    g.line(`M${x - 6} ${y + 10}h12l-6 -10z`, { f: v('ink') })
    g.line(`M${x} ${y + 9}v7`, { s: v('ink'), sw: 2 })
    const w = tw(txt, 13, false, 600)
    const end = left && x - 11 - w > b.x + 8
    g.say(end ? x - 11 : Math.min(x + 11, b.x + b.w - 8 - w), y + 14, txt, { sz: 13, w: 600, an: end ? 'end' : undefined })
  }
  if (h === t) {
    const full = p.head !== p.tail
    mark(h, full ? 'tail: next read; head waits behind it, all are full' : 'head and tail: empty, next write and read here', shown.indexOf(h) > 8)
    return
  }
  const near = Math.abs(shown.indexOf(h) - shown.indexOf(t)) * cw
  const first = shown.indexOf(h) < shown.indexOf(t)
  const longH = 'head: next write goes here'
  const longT = 'tail: next read'
  const fits = near > tw(longH, 13, false, 600) + tw(longT, 13, false, 600) + 40
  if (fits) {
    mark(h, longH, !first || shown.indexOf(h) > 7)
    mark(t, longT, first ? shown.indexOf(t) > 12 : false)
  } else {
    mark(h, first && at(shown.indexOf(h)).x - px < 190 ? 'head' : longH, first)
    const edge = !first && at(shown.indexOf(t)).x - px <= 110 // no room on its left
    mark(t, edge && near < tw(longT, 13, false, 600) + 24 ? 'tail' : longT, !first && !edge)
  }
}

/** When all who could hold an end of it have ended, the kernel keeps it no longer. @param {Brush} g @param {PartBox} b @param {any} def @param {number} level @param {number} x @param {number} w */
function drawGone(g, b, def, level, x, w) {
  g.box(b.x, b.y, b.w, b.h, { r: 14, s: v('kernel-line'), sw: 2, d: '5 5' })
  g.say(x, b.y + 24, def.title || def.object || def.id, { sz: 15, w: 700, c: 't2', max: w })
  g.say(x, b.y + 54, 'is gone: no descriptor of it is open any more.', { sz: 14, max: w })
  if (level > 0) g.say(x, b.y + 78, `${formatCount(level)} bytes that nobody has read went with it.`, { sz: 14, w: 700, max: w })
}

/** The slots to draw: all, or those around head and tail. @param {any} p @param {number} most @returns {number[]} */
function windowOf(p, most) {
  const n = p.slots.length
  if (n <= most) return p.slots.map((/** @type {any} */ _, /** @type {number} */ i) => i)
  const used = p.head - p.tail
  const from = used < most - 2 ? p.tail - Math.max(0, Math.floor((most - used) / 2) - 1) : p.head - most + 3
  return Array.from({ length: most }, (_, k) => (((from + k) % n) + n) % n)
}

/** @param {Brush} g @param {any} slot @param {number} x @param {number} y @param {number} w @param {number} h @param {{s: State, p: any, i: number, bytes: boolean}} o */
function drawSlot(g, slot, x, y, w, h, o) {
  const { s, p } = o
  const e = s.now
  const pages = p.slots.length
  const here = e !== null && s.parts[e.part - 1] === p && e.ret > 0
  const put = here && e.kind === Kind.SEND && slot && slot.runs.at(-1)?.msg === e.msg
  const since = (p.tail - 1 - o.i + 2 * pages) % pages // how many pages were freed after this one
  const taken = !slot && here && e.kind === Kind.RECV && since < p.freed
  const waking = !slot && e !== null && e.kind === Kind.WAKE && s.parts[e.part - 1] === p && o.i === p.head % pages && s.procs[e.proc - 1]?.call?.call === 2
  const now = taken || waking
  if (!slot) {
    g.box(x, y, w, h, { r: 6, f: now ? v('surface') : v('cell'), s: now ? v('now-edge') : v('line'), sw: now ? 3 : 2, d: now ? '5 4' : undefined })
    if (now && w > 30) g.say(x + w / 2, y + h / 2 + 5, 'free', { sz: 13, an: 'middle', c: 't2' })
    return
  }
  const hue = (/** @type {any} */ r) => s.procs[(r.proc || Math.floor(r.msg / 2 ** 40)) - 1]?.hue ?? 'a'
  g.box(x, y, w, h, { r: 6, f: v('cell'), s: v('edge'), sw: 1 })
  const bytes = Math.max(1, slot.bytes)
  const fill = Math.min(1, slot.bytes / p.page)
  const top = Math.min(1, slot.off / p.page)
  const tall = Math.max(3, (h - 2) * fill)
  const y0 = Math.min(y + 1 + (h - 2) * top, y + h - 1 - tall)
  let cy = y0
  const runs = slot.runs.length > 24 ? slot.runs.slice(-24) : slot.runs
  const sum = runs.reduce((/** @type {number} */ n, /** @type {any} */ r) => n + r.bytes, 0) || bytes
  runs.forEach((/** @type {any} */ r, /** @type {number} */ k) => {
    const rh = (tall * r.bytes) / sum
    g.box(x + 1, cy, w - 2, rh, { r: runs.length === 1 ? Math.min(5, rh / 2) : 0, f: v(hue(r)) })
    if (k && rh > 2) g.line(`M${x + 1} ${cy}h${w - 2}`, { s: v('surface'), sw: 1 })
    cy += rh
  })
  if (put) g.box(x, y, w, h, { r: 6, s: v('now-edge'), sw: 3 })
  const r = slot.runs.at(-1)
  const name = runs.length > 1 && slot.runs.length > 3 ? `${formatCount(slot.runs.length)}×` : messageName(r?.msg, s)
  const covers = tall > 22 && runs.length === 1
  const ty = covers ? y0 + tall / 2 + (o.bytes && tall > 42 ? -2 : 5) : 0
  if (covers && w > 24) {
    const f = v(hue(r) + '-on')
    g.say(x + w / 2, ty, name, { sz: w < 40 ? 13 : 15, w: 700, mono: true, an: 'middle', f, max: w - 3 })
    if (o.bytes && tall > 42) g.say(x + w / 2, ty + 20, slot.bytes, { sz: 12, mono: true, an: 'middle', f, max: w - 2 })
  } else if (!covers && w > 24 && runs.length === 1 && h - tall > 20) {
    const below = y0 - y > 20
    g.say(x + w / 2, below ? y0 - 6 : y0 + tall + 14, o.bytes ? slot.bytes : name, { sz: 12, mono: true, an: 'middle', c: 't2', max: w - 2 })
  } else if (runs.length > 1 && w > 24) {
    g.box(x + 3, y + h / 2 - 9, w - 6, 18, { r: 4, f: v('surface') })
    g.say(x + w / 2, y + h / 2 + 4.5, o.bytes ? slot.bytes : name, { sz: 12, w: 600, mono: true, an: 'middle', max: w - 8 })
  }
}

/** How much it is, without saying of whom. @param {Brush} g @param {PartBox} b @param {any} p @param {boolean} wrong @param {number} px @param {number} inner */
function unknown(g, b, p, wrong, px, inner) {
  const y = b.y + 48
  const level = wrong && p.kernel >= 0 ? p.kernel : p.level
  g.box(px, y, inner, 32, { r: 8, f: v('sunken'), s: v('edge') })
  g.box(px + 1, y + 1, (inner - 2) * Math.min(1, level / Math.max(1, p.cap)), 30, { r: 7, f: wrong ? v('bad-soft') : v('kernel-line'), o: wrong ? 1 : 0.5 })
  if (wrong) {
    g.bang(px + 12, y + 56)
    g.say(px + 30, y + 61, `The calls say ${formatBytes(p.level)}, the kernel says ${formatBytes(p.kernel)} ●`, { sz: 14, w: 700, f: v('bad-ink'), max: inner - 34 })
  } else g.say(px, y + 54, b.w < 500 ? 'whose bytes: records are missing' : 'whose bytes these are is not known: records are missing ○', { sz: 13, c: 't2', max: inner })
}

/** Full speed: where the level was, not what lay there. @param {Brush} g @param {PartBox} b @param {any} frame */
export function drawLevel(g, b, frame) {
  const def = frame.header.scene.parts[b.n]
  const p = frame.state.parts[b.n]
  const a = (frame.aggregate ?? frame.trace.aggregates?.at(-1))?.parts[b.n]
  const phone = b.rows === 2
  const px = b.x + (phone ? 12 : 22)
  const w = b.w - 2 * (px - b.x)
  g.box(b.x, b.y, b.w, b.h, { r: 14, f: v('surface'), s: v('kernel-line'), sw: 2 })
  const cap = Math.max(1, a?.cap || p.cap)
  const now = a && a.now >= 0 ? a.now : p.kernel
  const right = now >= 0 ? `${phone ? '' : 'now '}${formatBytes(now)} ●` : 'level not read'
  const rw = g.say(b.x + b.w - (px - b.x), b.y + 27, right, { sz: 14, mono: true, w: 700, an: 'end' })
  const nw = g.say(px, b.y + 26, def.title || def.object || def.id, { sz: 15, w: 700, max: w - rw - 8 })
  if (!phone) g.say(px + nw + 14, b.y + 26, `level in the last ${a ? Math.round(frame.trace.aggregates.at(-1).span / 1e6) : 33} ms, capacity ${formatBytes(cap)}`, { sz: 13, c: 't2', max: w - nw - rw - 28 })
  const by = b.y + (phone ? 44 : 56)
  const X = (/** @type {number} */ n) => px + w * Math.max(0, Math.min(1, n / cap))
  const sender = frame.header.scene.procs.filter((/** @type {any} */ q) => q.group === 'giver').length === 1 ? frame.state.procs.find((/** @type {any} */ q) => q.group === 'giver')?.hue : ''
  const soft = sender ? v(sender + '-soft') : v('kernel')
  const dark = sender ? v(sender) : v('kernel-line')
  g.box(px, by, w, 34, { r: 8, f: v('sunken'), s: v('edge') })
  if (!a) return
  g.box(X(a.min), by + 1, Math.max(2, X(a.max) - X(a.min)), 32, { r: 6, f: soft })
  g.box(X(a.low), by + 1, Math.max(1, X(a.high) - X(a.low)), 32, { r: 0, f: dark, o: 0.45 })
  g.line(`M${X(a.mean)} ${by - 6}v46`, { s: v('ink'), sw: 3 })
  for (const i of [4, 8, 12]) g.line(`M${X((cap * i) / 16)} ${by + 28}v6`, { s: v('edge'), sw: 1 })
  const y = by + 54
  const full = a.full > 0 ? `: full ${Math.round(a.full / 10)} % of the time` : ''
  const max = `max ${formatCount(a.max)}${full}`
  const maxW = tw(max, 12.5, false, 600)
  const minW = tw(`min ${formatCount(a.min)}`, 12.5, false, 600)
  const xMax = Math.max(px + minW + 20, Math.min(px + w - maxW, X(a.max) - maxW))
  g.say(xMax, y, max, { sz: 12.5, w: 600, max: px + w - xMax })
  g.say(Math.min(X(a.min), xMax - minW - 14), y, `min ${formatCount(a.min)}`, { sz: 12.5, w: 600 })
  const half = 'half of the time in here'
  const hx = X(a.low) + 4
  if (!phone && hx > Math.min(X(a.min), xMax - minW - 14) + minW + 14 && hx + tw(half, 12.5, false, 600) < xMax - 14) g.say(hx, y, half, { sz: 12.5, w: 600 })
  const mean = `mean ${formatCount(a.mean)}`
  const left = X(a.mean) + 8 + tw(mean, 12.5, false, 600) > px + w
  if (!phone) g.say(left ? X(a.mean) - 8 : X(a.mean) + 8, by - 6, mean, { sz: 12.5, w: 600, an: left ? 'end' : undefined })
}
