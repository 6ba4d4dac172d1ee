// @ts-check
// What lies between the processes, by type: pipe, page of memory, futex, semaphore,
// signals, and a level where single bytes would be a lie.

import { Kind } from '#ipclab/event.js'
import { wakeOf } from '#ipclab/callout.js'
import { DROPS } from '#ipclab/layout.js'
import { Brush, tw, v } from '#ipclab/draw/kit.js'
import { formatBytes, formatCount, lettered, messageName, nameOf, signalName } from '#ipclab/words.js'

/** @typedef {import('#ipclab/fold.js').State} State */
/** @typedef {import('#ipclab/layout.js').PartBox} PartBox */
/** @typedef {Map<string, {x: number, y: number}>} Spots where a wire may end, by part and place */

/** @param {Brush} g @param {PartBox} b @param {any} [o] */
const frameOf = (g, b, o = {}) => g.box(b.x, b.y, b.w, b.h, { r: 14, f: v('surface'), s: v('kernel-line'), sw: 2, ...o })

/** @param {Brush} g @param {PartBox} b @param {any} frame @param {Spots} spots @param {number} drop */
export function drawPart(g, b, frame, spots, drop) {
  if (b.type === 'pipe') return b.level ? drawLevel(g, b, frame) : drawPipe(g, b, frame, spots, drop)
  if (b.type === 'page') return drawPage(g, b, frame, spots)
  if (b.type === 'signals') return drawSignals(g, b, frame, spots, drop)
  return drawQueue(g, b, frame, spots)
}

// ——— pipe

/** @param {Brush} g @param {PartBox} b @param {any} frame @param {Spots} spots @param {number} drop */
function drawPipe(g, b, frame, spots, drop) {
  const s = /** @type {State} */ (frame.state)
  const p = s.parts[b.n]
  const def = frame.header.scene.parts[b.n]
  const phone = b.rows === 2
  const px = b.x + (phone ? 10 : 22)
  const inner = b.w - 2 * (px - b.x)
  const wrong = p.agrees === false
  frameOf(g, b)
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
    mark(t, longT, !first && at(shown.indexOf(t)).x - px > 110)
  }
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
function drawLevel(g, b, frame) {
  const def = frame.header.scene.parts[b.n]
  const p = frame.state.parts[b.n]
  const a = (frame.aggregate ?? frame.trace.aggregates?.at(-1))?.parts[b.n]
  const phone = b.rows === 2
  const px = b.x + (phone ? 12 : 22)
  const w = b.w - 2 * (px - b.x)
  frameOf(g, b)
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

// ——— memory

/** @param {Brush} g @param {PartBox} b @param {any} frame @param {Spots} spots */
function drawPage(g, b, frame, spots) {
  const s = /** @type {State} */ (frame.state)
  const defs = /** @type {any[]} */ (frame.header.scene.parts)
  const page = defs[b.n]
  g.box(b.x, b.y, b.w, b.h, { r: 12, f: v('sunken'), s: v('edge'), sw: 2 })
  /** @type {Map<number, number[]>} */
  const lines = new Map()
  defs.forEach((d, i) => {
    if (d.in !== page.id || d.type === 'page' || (d.off && d.type !== 'futex')) return
    const k = Math.floor(d.offset / 64)
    lines.set(k, [...(lines.get(k) ?? []), i])
  })
  const groups = [...lines].sort((p, q) => p[0] - q[0]).map(([k, list]) => ({ k, list: list.sort((p, q) => defs[p].offset - defs[q].offset) }))
  const name = page.title || 'one physical page'
  const roles = s.procs.map(p => (s.procs.length > 4 ? p.letter : p.role))
  const mapped = s.procs.length > 1 ? `mapped by ${roles.length > 5 ? 'all ' + roles.length : roles.slice(0, -1).join(', ') + ' and ' + roles.at(-1)}` : ''
  const start = `${page.object || page.id}, ${formatBytes(page.cap || 4096)}`
  const room2 = b.w - 44 - tw(name, 15, false, 700)
  const sub = [`${start}, ${mapped}`, `${start}, mapped by ${s.procs.length}`, start].find(t => tw(t, 12.5) < room2) ?? start
  const narrow = b.rows > 1 || b.w < 500
  if (narrow) {
    groups.forEach((l, r) => drawLine(g, l, frame, b.x + 10, b.y + 10 + r * 62, b.w - 20, 36, spots))
    g.say(b.x + 12, b.y + b.h - 12, name, { sz: 14, w: 700, max: b.w - 24 })
    return
  }
  const need = groups.map(l => minimum(l, defs))
  const gap = 16
  const room = b.w - 32 - gap * (groups.length - 1)
  const total = need.reduce((n, x) => n + x, 0)
  let x = b.x + 16
  groups.forEach((l, k) => {
    const w = ((need[k] ?? 0) * room) / total
    drawLine(g, l, frame, x, b.y + 13, w, 62, spots)
    x += w + gap
  })
  const nw = g.say(b.x + 18, b.y + b.h - 13, name, { sz: 15, w: 700 })
  g.say(b.x + 18 + nw + 12, b.y + b.h - 13, sub, { sz: 12.5, c: 't2', max: b.w - 44 - nw })
}

/** @param {any} d */
const widthOf = d => (d.type === 'futex' ? 108 : d.type === 'record' ? 130 : d.holds === 'updates' ? 104 : 58)
/** @param {{list: number[]}} l @param {any[]} defs */
const minimum = (l, defs) => l.list.reduce((n, i) => n + widthOf(defs[i]), 0) + 18

/** One cache line: its named words wide, the others as ticks, a bracket below. @param {Brush} g @param {{k: number, list: number[]}} l @param {any} frame @param {number} x0 @param {number} y @param {number} w @param {number} h @param {Spots} spots */
function drawLine(g, l, frame, x0, y, w, h, spots) {
  const s = /** @type {State} */ (frame.state)
  const defs = /** @type {any[]} */ (frame.header.scene.parts)
  const need = l.list.reduce((n, i) => n + widthOf(defs[i]), 0)
  const named = Math.min(need, w - 12)
  const last = s.parts.filter((_, i) => l.list.includes(i)).map(p => p.writer || p.owner || 0).find(n => n) ?? 0
  let x = x0
  let bad = ''
  for (const i of l.list) {
    const cw = (widthOf(defs[i]) * named) / need
    const word = drawWord(g, i, frame, x, y, cw, h)
    if (word) bad = word
    spots.set(`${i}:`, { x: x + cw / 2, y })
    x += cw
  }
  const rest = Math.max(0, 8 - l.list.reduce((n, i) => n + Math.max(1, Math.round((defs[i].size || 8) / 8)), 0))
  const tick = rest ? (x0 + w - x) / rest : 0
  for (let k = 0; k < rest && tick > 2.5; k++) g.box(x + k * tick + 1, y, tick - 2, h, { r: 2, f: v('cell'), s: v('line'), sw: 1 })
  const x1 = x0 + w
  const owners = new Set(l.list.map(i => s.parts[i].writer).filter(Boolean))
  const owner = owners.size > 1 ? `, shared by ${owners.size} ○` : last ? `, last written by ${nameOf(s.procs[last - 1], s)} ○` : ''
  g.line(`M${x0 + 2} ${y + h + 4}v5H${x1 - 2}v-5`, { s: v('edge'), sw: 1.5 })
  const label = bad || `cache line ${l.k}${w > 170 ? owner : ''}`
  g.say((x0 + x1) / 2, y + h + 22, label, { sz: bad ? 12.5 : 12, w: bad ? 700 : 400, an: 'middle', f: bad ? v('bad-ink') : undefined, c: bad ? '' : 't2', max: w + 12 })
}

/** @param {Brush} g @param {number} i @param {any} frame @param {number} x @param {number} y @param {number} w @param {number} h @returns {string} what is wrong with it */
function drawWord(g, i, frame, x, y, w, h) {
  const s = /** @type {State} */ (frame.state)
  const p = s.parts[i]
  const d = frame.header.scene.parts[i]
  const e = s.now
  const now = e?.part === i + 1 && (e.kind === Kind.STORE || e.kind === Kind.LOCK || e.kind === Kind.UNLOCK || e.kind === Kind.LOAD)
  if (d.type === 'record') return drawRecord(g, p, s, x, y, w, h)
  const futex = d.type === 'futex'
  const by = futex ? p.owner || (p.ownerDied ? p.last : 0) : p.writer
  const hue = by ? s.procs[by - 1]?.hue ?? '' : ''
  const dead = futex && p.ownerDied
  const bad = Boolean(p.conflict) || dead
  const plain = d.off || dead || !hue
  g.box(x + 1.5, y, w - 3, h, { r: 6, f: d.off ? 'url(#st-off)' : dead && hue ? `url(#st-hatch-${hue})` : hue ? v(hue) : v('cell'), s: bad ? v('bad') : now ? v('now-edge') : d.off || !hue ? v('edge') : v(hue), sw: bad || now ? 3.5 : 2, d: d.off ? '4 4' : undefined })
  if (d.off || dead) g.box(x + 6, y + 5, w - 12, h - 10, { r: 4, f: v('surface') })
  const f = plain ? v(d.off ? 'ink2' : 'ink') : v(hue + '-on')
  const label = d.title || (s.procs.length <= 8 && /^own\d+$/.test(d.id) ? (w < 48 ? '' : 'own ') + (s.procs[Number(d.id.slice(3)) - 1]?.letter ?? '') : d.id)
  const small = h < 50
  const value = futex ? (d.off ? 'off' : dead ? 'dead' : p.word === 0 ? 'free' : p.owner ? String(s.procs[p.owner - 1]?.pid ?? '') : '0x' + p.word.toString(16)) : p.value === null ? '–' : String(p.value)
  g.say(x + w / 2, y + (small ? 14 : 19), label, { sz: small ? 12 : 12.5, w: 600, an: 'middle', f, max: w - 7 })
  const big = d.holds === 'updates' && !small
  g.say(x + w / 2, y + (small ? 30 : futex && !d.off ? 40 : big ? h - 12 : h / 2 + 17), value, { sz: small ? 15 : big ? 26 : futex ? 17 : 20, w: 700, mono: true, an: 'middle', f, max: w - 8 })
  if (futex && !d.off && !small) g.say(x + w / 2, y + h - 7, p.ownerDied ? (w < 72 ? 'died' : 'owner died') : p.waiters ? 'WAITERS' : p.word ? 'no waiters' : 'nobody', { sz: 12, an: 'middle', f, max: w - 6 })
  if (bad) g.bang(small ? x + w - 13 : x + w - 4, small ? y + 13 : y + 2)
  return ''
}

/** @param {Brush} g @param {any} p @param {State} s @param {number} x @param {number} y @param {number} w @param {number} h @returns {string} */
function drawRecord(g, p, s, x, y, w, h) {
  const n = p.words.length
  const cw = w / n
  const torn = Boolean(p.torn)
  p.words.forEach((/** @type {any} */ q, /** @type {number} */ k) => {
    const hue = q.writer ? s.procs[q.writer - 1]?.hue : ''
    g.box(x + k * cw + 1, y + 16, cw - 2, h - 16, { r: 3, f: hue ? v(hue) : v('cell'), s: hue ? v(hue) : v('line'), sw: 1 })
    if (cw > 18 && q.value !== null) g.say(x + (k + 0.5) * cw, y + (h + 16) / 2 + 5, String(q.value).slice(-3), { sz: 12, mono: true, w: 700, an: 'middle', f: hue ? v(hue + '-on') : undefined, max: cw })
  })
  g.say(x + w / 2, y + 11, 'record', { sz: 12, w: 600, an: 'middle' })
  if (torn) {
    g.box(x, y + 14, w, h - 12, { s: v('bad'), sw: 3 })
    g.bang(x + w - 4, y + 14)
  }
  return torn ? 'half old, half new' : ''
}

/** The queue of sleepers of a futex or a semaphore, in wake order. @param {Brush} g @param {PartBox} b @param {any} frame @param {Spots} spots */
function drawQueue(g, b, frame, spots) {
  const s = /** @type {State} */ (frame.state)
  const p = s.parts[b.n]
  const d = frame.header.scene.parts[b.n]
  const word = d.type === 'futex' ? `+${d.offset}` : ''
  frameOf(g, b, { r: 12, ...(d.off ? { s: v('kernel-line'), sw: 1.5, d: '5 5' } : {}) })
  const name = d.type === 'futex' ? `futex queue of the ${d.title || d.id} at ${word}` : d.title || `semaphore ${d.object || ''}`.trim()
  if (d.off) {
    g.say(b.x + 18, b.y + 25, name, { sz: 14, w: 700, c: 't2', max: b.w - 100 })
    g.say(b.x + 18, b.y + 48, b.w > 400 ? 'It is off: nobody sleeps here. Locked, only the wait would cross.' : 'It is off: nobody sleeps here.', { sz: 12.5, c: 't2', max: b.w - 90 })
    padlock(g, b.x + b.w - 56, b.y + 14, 'edge', 'line', true)
    return
  }
  const of = wakeOf(s)
  const woken = of.part === b.n + 1 ? of.proc : 0
  const nw = g.say(b.x + 18, b.y + 25, name, { sz: 15, w: 700, max: b.w - 60 })
  const value = d.type === 'sem' ? (p.value === null ? '' : `count ${p.value}`) : ''
  if (value) g.say(b.x + b.w - 18, b.y + 26, value, { sz: 14, mono: true, w: 700, an: 'end' })
  else if (b.w - nw > 200) g.say(b.x + b.w - 18, b.y + 25, 'wakes in this order', { sz: 13, c: 't2', an: 'end' })
  const list = woken && !p.sleepers.includes(woken) ? [woken, ...p.sleepers] : p.sleepers
  spots.set(`${b.n}:`, { x: b.x + 74, y: b.y })
  if (!list.length) return void g.say(b.x + 18, b.y + 62, 'nobody sleeps here', { sz: 13, c: 't2' })
  drawChips(g, list, frame, b.x + 18, b.y + b.h - 43, b.w - 36, woken)
}

/** @param {Brush} g @param {number} x @param {number} y @param {string} edge @param {string} fill @param {boolean} open */
function padlock(g, x, y, edge, fill, open) {
  g.line(`M${x + 7} ${y + 16}v-7a9 9 0 0 1 18 0${open ? '' : 'v7'}`, { s: v(edge), sw: 4 })
  g.box(x, y + 16, 32, 22, { r: 4, f: v(fill), s: v(edge) })
}

/** Processes that sleep, first to wake first; what does not fit is counted. @param {Brush} g @param {number[]} list @param {any} frame @param {number} x @param {number} y @param {number} w @param {number} now */
export function drawChips(g, list, frame, x, y, w, now) {
  const s = /** @type {State} */ (frame.state)
  const short = (/** @type {number} */ n) => (lettered(s) || s.procs.length >= 5 ? s.procs[n - 1]?.letter ?? '' : s.procs[n - 1]?.role ?? '')
  const long = (/** @type {number} */ n) => `${short(n)} ${s.procs[n - 1]?.pid || ''}`.trim()
  const wide = (/** @type {(n: number) => string} */ f) => Math.max(...list.map(n => tw(f(n), 13.5, false, 600))) + (list.length > 1 ? 48 : 30)
  let text = /** @type {(n: number) => string} */ (long)
  let cw = wide(long)
  if (list.length * (cw + 10) - 10 > w) {
    text = short
    cw = wide(short)
  }
  if (list.length * (cw + 10) - 10 > w) {
    text = n => s.procs[n - 1]?.letter ?? ''
    cw = wide(text)
  }
  const fits = Math.max(1, Math.floor((w + 10) / (cw + 10)))
  const shown = list.length > fits ? list.slice(0, Math.max(1, fits - 1)) : list
  shown.forEach((n, k) => {
    const q = s.procs[n - 1]
    const is = n === now
    const cx = x + k * (cw + 10)
    g.box(cx, y, cw, 28, { r: 14, f: is ? v('now') : v(q?.hue + '-soft'), s: is ? v('now-edge') : v(q?.hue ?? 'a'), sw: 2, d: is ? undefined : '6 4' })
    if (list.length > 1) {
      g.dot(cx + 15, y + 14, 9, { f: is ? v('now-ink') : v('ink') })
      g.say(cx + 15, y + 18.5, k + 1, { sz: 12, w: 700, an: 'middle', f: is ? v('now') : v('surface') })
    }
    g.say(cx + cw / 2 + (list.length > 1 ? 10 : 0), y + 18.5, text(n), { sz: 13.5, w: 600, an: 'middle', f: is ? v('now-ink') : undefined })
  })
  if (shown.length < list.length) g.say(x + shown.length * (cw + 10), y + 18.5, `+ ${list.length - shown.length}`, { sz: 13, w: 600 })
}

// ——— signals

const usual = [1, 2, 9, 10, 12, 14, 15, 17]

/** @param {Brush} g @param {PartBox} b @param {any} frame @param {Spots} spots @param {number} drop */
function drawSignals(g, b, frame, spots, drop) {
  const s = /** @type {State} */ (frame.state)
  const p = s.parts[b.n]
  const d = frame.header.scene.parts[b.n]
  const owner = s.procs.find(q => q.role === d.in)
  const mask = owner?.masks.sigblk ?? 0n
  const masked = (/** @type {number} */ n) => Boolean((mask >> BigInt(n - 1)) & 1n)
  const phone = b.rows === 2
  const px = b.x + (phone ? 12 : 18)
  frameOf(g, b)
  const nw = g.say(px, b.y + 25, d.title || `signals of ${owner?.pid || d.in}`, { sz: 15, w: 700, max: b.w - 140 })
  if (!phone && drop < DROPS.subtitle) g.say(px + nw + 14, b.y + 25, 'what is sent and not yet delivered', { sz: 13, c: 't2' })
  if (owner?.sigq) g.say(b.x + b.w - (px - b.x), b.y + 25, `queued ${formatCount(owner.sigq[0])} / ${formatCount(owner.sigq[1])}`, { sz: 14, mono: true, w: 700, an: 'end' })
  const std = [...new Set([...usual, ...Object.keys(p.std).map(Number)])].filter(n => n < 32).sort((x, y) => x - y)
  const list = std.length > 8 ? std.filter(n => p.std[n] || [2, 9, 15].includes(n)).slice(0, 8) : std
  const now = p.deliverNow?.signo ?? 0
  const cw = phone ? (b.w - 24 + 4) / 8 : 50
  const y = b.y + 58
  g.say(px, y - 8, 'standard: one bit each', { sz: 13, w: 600, c: 'k' })
  list.forEach((n, i) => {
    const x = px + i * cw
    const w = cw - 5
    const q = p.std[n]
    const is = n === now
    g.box(x, y, w, 42, { f: is ? v('now') : masked(n) ? 'url(#st-mask)' : v('cell'), s: is ? v('now-edge') : masked(n) ? v('ink') : v('edge'), sw: is ? 2.5 : 1.5 })
    if (q?.pending) g.dot(x + w / 2, y + 21, 11, { f: v(s.procs[q.by - 1]?.hue ?? 'ink'), s: v('surface'), sw: 3 })
    else if (q?.delivered) g.say(x + w / 2, y + 26, '✓', { sz: 15, w: 700, an: 'middle', f: is ? v('now-ink') : undefined })
    g.say(x + w / 2, y + 58, signalName(n), { sz: 12.5, w: 600, an: 'middle', max: cw - 1 })
    g.say(x + w / 2, y + 74, n, { sz: 12, mono: true, an: 'middle', c: 't3' })
    spots.set(`${b.n}:${n}`, { x: x + w / 2, y: b.y })
  })
  const used = Object.keys(p.rt).map(Number).sort((u, w) => u - w)
  const columns = used.length ? used.slice(0, phone ? 6 : 7) : [34, 35, 36, 37, 38, 39]
  const rx = phone ? px : px + list.length * cw + 22
  const ry = phone ? y + 102 : y
  const rw = (b.x + b.w - (px - b.x) - rx + 5) / columns.length
  g.say(rx, ry - 8, phone ? 'real-time: a queue each' : 'real-time: a queue each, oldest on top', { sz: 13, w: 600, c: 'k', max: b.x + b.w - rx - 10 })
  const deep = Math.max(1, Math.floor((b.y + b.h - 32 - ry - 33) / 27))
  columns.forEach((n, i) => {
    const x = rx + i * rw
    const w = rw - 5
    const is = n === now
    g.box(x, ry, w, 26, { f: is ? v('now') : masked(n) ? 'url(#st-mask)' : v('cell'), s: is ? v('now-edge') : v('ink'), sw: is ? 2.5 : 1.5 })
    if (masked(n) && !is) g.box(x + w / 2 - 14, ry + 4, 28, 18, { r: 4, f: v('surface') })
    g.say(x + w / 2, ry + 18.5, n, { sz: 14, w: 700, mono: true, an: 'middle', f: is ? v('now-ink') : undefined })
    spots.set(`${b.n}:${n}`, { x: x + w / 2, y: phone ? b.y : b.y })
    const queue = [...(is ? [{ value: p.deliverNow.value, by: p.deliverNow.by, now: true }] : []), ...(p.rt[n]?.queue ?? [])]
    const shown = queue.length > deep ? queue.slice(0, deep - 1) : queue
    shown.forEach((t, k) => {
      const yy = ry + 33 + k * 27
      const hue = s.procs[t.by - 1]?.hue ?? 'a'
      g.line(`M${x} ${yy}h${w - 8}l8 11.5l-8 11.5h-${w - 8}z`, { f: t.now ? v('now') : v(hue), s: t.now ? v('now-edge') : undefined, sw: 2 })
      g.say(x + w / 2 - 3, yy + 16.5, String(t.value), { sz: 13.5, w: 700, mono: true, an: 'middle', f: t.now ? v('now-ink') : v(hue + '-on'), max: w - 10 })
    })
    if (shown.length < queue.length) g.say(x + w / 2, ry + 33 + shown.length * 27 + 16, `+ ${queue.length - shown.length}`, { sz: 12.5, w: 600, an: 'middle' })
  })
  const merged = Object.values(p.std).sort((u, w) => w.sent - u.sent)[0]
  const fy = b.y + b.h - 16
  let fx = px
  if (merged?.sent) {
    fx += g.say(px, fy, `${signalName(merged.signo)}: ${merged.sent} sent, ${merged.delivered} delivered`, { sz: phone ? 13 : 15, w: 700 }) + 12
    if (merged.merged && !phone) g.say(fx, fy, `the bit was set already: ${merged.merged} merged`, { sz: 13, c: 't2' })
  }
  const sent = Object.values(p.rt).reduce((n, c) => n + c.sent, 0)
  const wait = Object.values(p.rt).reduce((n, c) => n + c.queue.length, 0)
  if (sent && !phone) g.say(b.x + b.w - 18, fy, `real-time: ${sent} sent, ${wait} wait${p.refused ? `, ${p.refused} refused` : ''}`, { sz: 13, w: 600, an: 'end' })
}
