// @ts-check
// What lies between the processes, by type: page of memory, futex, semaphore, signals.

import { Kind } from '#ipclab/event.js'
import { wakeOf } from '#ipclab/callout.js'
import { DROPS, within } from '#ipclab/layout.js'
import { Brush, tw, v } from '#ipclab/draw/kit.js'
import { drawLevel, drawPipe } from '#ipclab/draw/pipe.js'
import { formatBytes, formatCount, lettered, nameOf, signalName } from '#ipclab/words.js'

/** @typedef {import('#ipclab/fold.js').State} State */
/** @typedef {import('#ipclab/layout.js').PartBox} PartBox */
/** @typedef {import('#ipclab/draw/pipe.js').Spots} Spots */

/** @param {Brush} g @param {PartBox} b @param {any} [o] */
const frameOf = (g, b, o = {}) => g.box(b.x, b.y, b.w, b.h, { r: 14, f: v('surface'), s: v('kernel-line'), sw: 2, ...o })

/** @param {Brush} g @param {PartBox} b @param {any} frame @param {Spots} spots @param {number} drop */
export function drawPart(g, b, frame, spots, drop) {
  if (b.type === 'pipe') return b.level ? drawLevel(g, b, frame) : drawPipe(g, b, frame, spots, drop)
  if (b.type === 'page') return drawPage(g, b, frame, spots)
  if (b.type === 'signals') return drawSignals(g, b, frame, spots, drop)
  return drawQueue(g, b, frame, spots)
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
    if (!within(page, d)) return
    const k = Math.floor(d.offset / 64)
    lines.set(k, [...(lines.get(k) ?? []), i])
  })
  const groups = [...lines].sort((p, q) => p[0] - q[0]).map(([k, list]) => ({ k, list: list.sort((p, q) => defs[p].offset - defs[q].offset) }))
  const name = page.title || 'one physical page'
  const users = usersOf(s, frame.header.scene, b.n)
  const alone = s.procs.length > 1 && frame.header.scene.wires.filter((/** @type {any} */ w) => w.to === page.id).length === 1
  const roles = users.map(p => (s.procs.length > 4 ? p.letter : p.role))
  const mapped = users.length === 0 ? 'mapped by nobody' : users.length === 1 ? (alone ? '' : `mapped by ${roles[0]}`) : `mapped by ${roles.length > 5 ? 'all ' + roles.length : roles.slice(0, -1).join(', ') + ' and ' + roles.at(-1)}`
  const start = `${page.object || page.id}, ${formatBytes(page.cap || 4096)}`
  const at = (/** @type {any} */ p) => `at 0x${p.maps[b.n + 1].toString(16)}`
  const told = users.length > 0 && users.every(p => p.maps[b.n + 1] !== undefined)
  const place = !told ? '' : alone ? at(users[0]) : begun(s) ? users.map((p, i) => `${at(p)} in ${roles[i]}`).join(', ') : ''
  const room2 = b.w - 44 - tw(name, 15, false, 700)
  const sub = [place, mapped && `${start}, ${mapped}`, `${start}, mapped by ${users.length}`, start].find(t => t && tw(t, 12.5) < room2) ?? start
  const narrow = groups.length > 1 && (b.rows > 1 || b.w < 500)
  if (narrow) {
    groups.forEach((l, r) => drawLine(g, l, frame, b.x + 10, b.y + 10 + r * 62, b.w - 20, 36, spots))
    g.say(b.x + 12, b.y + b.h - 12, name, { sz: 14, w: 700, max: b.w - 24 })
    return
  }
  const need = groups.map(l => minimum(l, defs))
  const gap = 16
  const given = page.cap > 4096 && b.w > 300 ? b.w - 180 : 0
  if (given) drawGiven(g, begun(s) ? s.parts[b.n].kernel : -1, page.cap / 4096, b.x + 164, b.y + 13, given)
  const room = b.w - 32 - gap * (groups.length - 1) - given
  const total = need.reduce((n, x) => n + x, 0)
  let x = b.x + 16
  groups.forEach((l, k) => {
    const w = ((need[k] ?? 0) * room) / total
    drawLine(g, l, frame, x, b.y + 13, w, b.h - 72, spots)
    x += w + gap
  })
  const nw = g.say(b.x + 18, b.y + b.h - 13, name, { sz: 15, w: 700 })
  if (b.w - 44 - nw > 60) g.say(b.x + 18 + nw + 12, b.y + b.h - 13, sub, { sz: 12.5, c: 't2', max: b.w - 44 - nw })
}

/** Whether anything was done. Before that the sheet says nothing that a question may ask. @param {State} s */
const begun = s => s.procs.some(p => p.n.calls > 0)

/** Who has mapped a page, and lives. Before anybody has told, all who have a wire to it. @param {State} s @param {any} scene @param {number} n */
function usersOf(s, scene, n) {
  const told = s.procs.some(p => Object.keys(p.maps).length > 0)
  const wired = (/** @type {string} */ role) => scene.wires.some((/** @type {any} */ w) => w.from === role && w.to === scene.parts[n].id)
  return s.procs.filter(p => p.st !== 'gone' && (told ? p.maps[n + 1] !== undefined : wired(p.role)))
}

/** How many pages of an object have memory: a cell for each, if there is room. @param {Brush} g @param {number} bytes @param {number} pages @param {number} x0 @param {number} y0 @param {number} w */
function drawGiven(g, bytes, pages, x0, y0, w) {
  const used = bytes < 0 ? 0 : Math.round(bytes / 4096)
  const rows = 4
  const cols = Math.ceil(pages / rows)
  const cw = w / cols
  if (cw >= 3) {
    for (let k = 0; k < pages; k++) g.box(x0 + Math.floor(k / rows) * cw, y0 + (k % rows) * 16, cw - 1, 14, { r: 1.5, f: v(k < used ? 'ink2' : 'cell'), s: v('line'), sw: 0.5 })
  } else {
    g.box(x0, y0, w, 62, { r: 3, f: v('cell'), s: v('line'), sw: 1 })
    if (used) g.box(x0, y0, (w * used) / pages, 62, { r: 3, f: v('ink2') })
  }
  g.say(x0, y0 + 84, bytes < 0 ? `${pages} pages` : `${formatCount(used)} of ${formatCount(pages)} ${w > 230 ? 'pages have memory' : 'pages'} ●`, { sz: 13, w: 600, max: w })
}

/** @param {any} d */
const widthOf = d => (d.type === 'futex' ? 108 : d.type === 'record' ? 130 : d.holds === 'updates' ? 104 : d.holds ? 84 : 58)
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
  const line = `cache line ${l.k}`
  const label = bad || (tw(line + owner, 12) < w ? line + owner : line)
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
  const futex = d.type === 'futex' && !d.holds
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
  const value = futex ? (d.off ? 'off' : dead ? 'dead' : p.word === 0 ? 'free' : p.owner ? s.procs[p.owner - 1]?.pid : '0x' + p.word.toString(16)) : p.value === null ? '–' : p.looked && p.value >= 1e7 ? `${(Number(p.value) / 1e6).toFixed(1)} M` : String(p.value)
  g.say(x + w / 2, y + (small ? 14 : 19), label, { sz: small ? 12 : 12.5, w: 600, an: 'middle', f, max: w - 7 })
  const big = d.holds === 'updates' && !small
  g.say(x + w / 2, y + (small ? 30 : futex && !d.off ? 40 : big ? h - 12 : h / 2 + 17), value, { sz: small ? 15 : big ? 26 : futex ? 17 : 20, w: 700, mono: true, an: 'middle', f, max: w - 8 })
  if (futex && !d.off && h > 40) g.say(x + w / 2, y + h - (small ? 4 : 7), p.ownerDied ? (w < 72 ? 'died' : 'owner died') : p.waiters ? 'WAITERS' : p.word ? 'no waiters' : 'nobody', { sz: 12, an: 'middle', f, max: w - 6 })
  if (bad) g.bang(small ? x + w - 13 : x + w - 4, small ? y + 13 : y + 2)
  return ''
}

/** @param {Brush} g @param {any} p @param {State} s @param {number} x @param {number} y @param {number} w @param {number} h @returns {string} */
function drawRecord(g, p, s, x, y, w, h) {
  const n = p.words.length
  const cw = w / n
  const torn = p.torn
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
    g.say(b.x + 18, b.y + 25, b.h < 60 ? name + ': off' : name, { sz: 14, w: 700, c: 't2', max: b.w - 100 })
    if (b.h < 60) return
    g.say(b.x + 18, b.y + 48, b.w > 400 ? 'It is off: nobody sleeps here. Locked, only the wait would cross.' : 'It is off: nobody sleeps here.', { sz: 12.5, c: 't2', max: b.w - 90 })
    padlock(g, b.x + b.w - 56, b.y + 14, 'edge', 'line', true)
    return
  }
  const of = wakeOf(s)
  const woken = of.part === b.n + 1 ? of.proc : 0
  const nw = g.say(b.x + 18, b.y + 25, name, { sz: 15, w: 700, max: b.w - 60 })
  const value = d.type === 'sem' ? (p.value === null ? '' : `count ${p.value}`) : word ? '' : p.owner ? 'owner ' + s.procs[p.owner - 1]?.role : 'free'
  if (value) g.say(b.x + b.w - 18, b.y + 26, value, { sz: 14, mono: true, w: 700, an: 'end' })
  else if (b.w - nw > 200) g.say(b.x + b.w - 18, b.y + 25, 'wakes in this order', { sz: 13, c: 't2', an: 'end' })
  const list = woken && !p.sleepers.includes(woken) ? [woken, ...p.sleepers] : p.sleepers
  spots.set(`${b.n}:queue`, { x: b.x + 74, y: b.y })
  if (!list.length) return void g.say(b.x + 18, b.y + 62, s.dropped + s.lost ? 'not known: records are missing' : 'nobody sleeps here', { sz: 13, c: 't2', max: b.w - 30 })
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
  if (owner?.sigq) g.say(b.x + b.w - (px - b.x), b.y + 25, `${phone ? 'user: ' : 'queued by this user: '}${formatCount(owner.sigq[0])} / ${formatCount(owner.sigq[1])}`, { sz: 14, mono: true, w: 700, an: 'end' })
  // Signals that no worker has sent: a person did, or the kernel. Their bits are read.
  const read = owner && !owner.exit ? owner.masks.shdpnd | owner.masks.sigpnd : 0n
  const others = Array.from({ length: 31 }, (_, k) => k + 1).filter(n => (read >> BigInt(n - 1)) & 1n && !p.std[n]?.sent && p.deliverNow?.signo !== n)
  const std = [...new Set([...usual, ...Object.keys(p.std).map(Number), ...others])].filter(n => n < 32).sort((x, y) => x - y)
  const list = std.length > 8 ? std.filter(n => p.std[n] || others.includes(n) || [2, 9, 15].includes(n)).slice(0, 8) : std
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
    else if (others.includes(n)) g.dot(x + w / 2, y + 21, 11, { f: v('ink'), s: v('surface'), sw: 3 })
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
