// @ts-check
// What lies and moves between the cards and the objects: the line between user space
// and kernel, lanes, the operation of this moment, wake-ups, queues and bands.

import { callNames, Flag, Kind } from '#ipclab/event.js'
import { ratesOf } from '#ipclab/frames.js'
import { own } from '#ipclab/layout.js'
import { along, Brush, rounded, tw, v } from '#ipclab/draw/kit.js'
import { wakeOf } from '#ipclab/callout.js'
import { drawChips } from '#ipclab/draw/parts.js'
import { formatCount, formatRate, messageName, signalName } from '#ipclab/words.js'

/** @typedef {import('#ipclab/fold.js').State} State */
/** @typedef {import('#ipclab/layout.js').Layout} Layout */
/** @typedef {import('#ipclab/layout.js').Wire} Wire */
/** @typedef {import('#ipclab/layout.js').Points} Points */

/** User space above, the kernel below; on a narrow sheet in between. @param {Brush} g @param {Layout} l */
export function drawHalves(g, l) {
  const [a, b] = l.lines
  const y = a ?? l.H
  g.box(0, 0, l.W, l.H, { r: 0, f: v('surface') })
  g.box(0, y, l.W, (b ?? l.H) - y, { r: 0, f: v('kernel') })
  for (const at of l.lines) g.line(`M0 ${at}H${l.W}`, { s: v('kernel-line'), sw: 3, d: '10 6' })
  const x = l.narrow ? 10 : 20
  if (!l.narrow || !l.cards.some(c => c.group !== 'peer' && Math.abs(c.y + c.h - y) < 14)) g.say(x, y - 7, 'user space', { sz: 12, w: 600, c: 't3' })
  if (b) g.say(l.W - 10, b - 10, 'kernel', { sz: 12, w: 600, c: 'k', an: 'end' })
  else g.say(x, y + 19, 'kernel', { sz: 12, w: 600, c: 'k' })
}

/** Whose bytes an event moved. @param {any} e @param {State} s */
function carrier(e, s) {
  const by = Math.floor(e.msg / 2 ** 40)
  return s.procs[by - 1]?.hue ?? s.procs[e.proc - 1]?.hue ?? 'a'
}

/** What a wire carries now. @param {any} e @param {State} s @param {any} header */
function tokenText(e, s, header) {
  const value = String(s.procs[e.proc - 1]?.call?.data ?? '')
  switch (e.kind) {
    case Kind.LOAD: return `load ${value}`
    case Kind.STORE: return `store ${value}`
    case Kind.LOCK: return e.ret === 1 ? 'take' : 'try'
    case Kind.UNLOCK: return 'unlock'
    case Kind.SIGNAL: return e.want >= 32 ? `${e.want}, value ${value}` : signalName(e.want)
  }
  return messageName(e.msg, s) || (header.page ? `${formatCount(e.ret)} B` : '')
}

/**
 * All wires, the operation of this moment last.
 * @param {Brush} g @param {Brush} top what lies above cards and parts @param {Layout} l @param {any} frame @param {import('#ipclab/draw/parts.js').Spots} spots
 * @returns {number[]} x that are taken on the line
 */
export function drawWires(g, top, l, frame, spots) {
  const s = /** @type {State} */ (frame.state)
  const e = s.now
  const taken = l.wires.filter(w => w.cross).map(w => w.x)
  const asleep = frame.u >= 1 ? wakeOf(s).proc : 0
  for (const w of l.wires) {
    const q = s.procs[w.proc - 1]
    const map = w.cross === 0
    if (!q || q.st === 'gone' || q.st === 'zombie' || (e && e.proc === w.proc && replaces(e, s) && !own(frame.header.scene, frame.header.scene.parts[e.part - 1] ?? {})) || (!map && w.proc === asleep)) continue
    const toCard = q.group === 'taker'
    const blocked = q.st === 'blocked'
    g.line(rounded(toCard ? [...w.pts].reverse() : w.pts, 7), { s: v(q.hue), sw: 2.5, o: blocked && !map ? 0.9 : map ? 0.55 : 0.5, d: blocked && !map ? '6 4' : undefined, m: 'st-ar' })
  }
  if (!e || !e.proc) return taken
  const woken = wakeOf(s)
  const lane = l.wires.find(x => x.proc === woken.proc)
  if (lane && (frame.u >= 1 || e.kind === Kind.WAKE || e.kind === Kind.BLOCK)) wake(top, l, frame, lane, l.parts.find(b => b.n === woken.part - 1), taken, 'wake up')
  const w = l.wires.find(x => x.proc === e.proc)
  const p = s.parts[e.part - 1]
  if (!w || !p || own(frame.header.scene, frame.header.scene.parts[e.part - 1])) return taken // that is shown on its card
  if (e.kind === Kind.DELIVER && e.ret > 0) deliver(top, l, frame, w, spots, taken)
  else if (moves(e)) operation(top, l, frame, w, spots, taken)
  return taken
}

/** Whether the operation of this moment is drawn on the wire, in its place. @param {any} e @param {State} s */
const replaces = (e, s) => (e.kind === Kind.WAKE ? s.parts[e.part - 1]?.type === 'pipe' : e.kind === Kind.DELIVER ? e.ret > 0 : [Kind.SEND, Kind.RECV, Kind.SIGNAL].includes(e.kind) && moves(e))

/** @param {any} e */
const moves = e => (e.kind === Kind.SEND || e.kind === Kind.RECV ? e.ret > 0 && !(e.flags & (Flag.OPEN | Flag.SETTLES)) : e.kind === Kind.SIGNAL ? e.ret === 0 : [Kind.LOAD, Kind.STORE, Kind.LOCK, Kind.UNLOCK].includes(e.kind) && !e.call)

/** @param {Brush} top @param {Layout} l @param {any} frame @param {Wire} w @param {import('#ipclab/draw/parts.js').Spots} spots @param {number[]} taken */
function operation(top, l, frame, w, spots, taken) {
  const s = /** @type {State} */ (frame.state)
  const e = /** @type {any} */ (s.now)
  const hue = carrier(e, s)
  const memory = w.cross === 0
  const word = spots.get(`${e.part - 1}:`) // a lock is a word in memory, and a queue in the kernel
  const spot = e.call ? spots.get(`${e.part - 1}:queue`) ?? word : word
  let pts = w.pts
  if (memory && spot) {
    const [x, y] = w.pts[0] ?? [0, 0]
    const first = /** @type {[number, number]} */ (w.pts[1] ?? [x, y])
    const side = w.pts.length > 2 && first[1] === y
    const cy = l.channel
    const start = /** @type {Points} */ (side ? [[x, y], first, [first[0], cy]] : [[x, y], [x, cy]])
    // Words that lie below others are come to past the edge of the page, not over them.
    const edge = l.narrow && spot.y > (l.parts[0]?.y ?? 0) + 60 ? (l.parts[0]?.x ?? 0) + 5 : 0
    pts = edge ? [...start, [edge, cy], [edge, spot.y - 5], [spot.x, spot.y - 5], [spot.x, spot.y + 1]] : [...start, [spot.x, cy], [spot.x, spot.y - 2]]
  }
  const up = e.kind === Kind.RECV || e.kind === Kind.LOAD
  if (up) pts = [...pts].reverse()
  top.line(rounded(pts, 9), { s: v(hue), sw: 4, d: memory ? undefined : '1 7', cap: memory ? undefined : 'round', m: 'st-ar2' })
  const text = tokenText(e, s, frame.header)
  if (!text) return
  const wide = tw(text, 14, true, 700) + 20
  let [x, y] = along(pts, 0.5 - 0.5 * Math.cos(Math.PI * frame.u))
  if (frame.u >= 1) {
    if (memory) {
      const a = pts.length > 3 ? pts[pts.length - 3] : pts[0]
      const b = pts.length > 3 ? pts[pts.length - 2] : pts[1]
      const [m, n] = [/** @type {[number, number]} */ (up ? pts[1] : a), /** @type {[number, number]} */ (up ? pts[2] ?? pts[1] : b)]
      x = Math.abs(m[0] - n[0]) > wide + 20 ? (m[0] + n[0]) / 2 : Math.max(m[0], n[0]) + wide / 2 + 14
      y = l.channel
    } else {
      y = w.cross
      x = w.x + 19 + (wide > 60 ? wide / 2 - 25 : 0)
    }
    x = Math.max(wide / 2 + 4, Math.min(l.W - wide / 2 - 4, x))
  }
  top.pill(x, y, text, { hue })
  if (!memory) for (let k = -wide / 2 - 8; k <= wide / 2 + 8; k += 10) taken.push(x + k)
}

/** @param {Brush} top @param {Layout} l @param {any} frame @param {Wire} w @param {any} part @param {number[]} taken @param {string} text */
function wake(top, l, frame, w, part, taken, text) {
  let pts = /** @type {Points} */ ([...w.pts].reverse())
  let y = l.lines[0] ?? 0
  if (frame.state.procs[w.proc - 1]?.group === 'taker' && l.lines[1]) y = l.lines[1]
  let x = w.x
  if (w.cross === 0 && part) { // from the kernel past the user memory
    const c = /** @type {any} */ (l.cards.find(b => b.proc === w.proc))
    const gx = l.gutter || l.W - 12
    const from = Math.min(gx, part.x + part.w - 20)
    const [p0, p1] = [w.pts[0] ?? [gx, c.y], w.pts[1] ?? [gx, c.y]]
    const side = p0[1] === p1[1] // the card is left at its side
    const y1 = l.channel + 14
    pts = from === gx ? [[gx, part.y - 2]] : [[from, part.y - 2], [from, part.y - 12], [gx, part.y - 12]]
    pts.push([gx, y1], [w.x, y1], ...(side ? /** @type {Points} */ ([p1, p0]) : /** @type {Points} */ ([[w.x, c.y + c.h + 5]])))
    x = gx
  }
  top.line(rounded(pts, 9), { s: v('now-edge'), sw: l.narrow ? 4.5 : 5, m: 'st-ar2' })
  const wide = tw(text, 14, false, 700) + 28
  let at = w.cross === 0 ? x : l.narrow || l.cards.length > 2 ? x - wide / 2 + 6 : x
  at = Math.max(wide / 2 + 4, Math.min(l.W - wide / 2 - 4, at))
  if (frame.u < 1) {
    const [ux, uy] = along(pts, frame.u)
    top.pill(Math.max(wide / 2 + 4, Math.min(l.W - wide / 2 - 4, ux)), uy, text, { now: true })
  } else top.pill(at, y, text, { now: true })
  for (let k = -wide / 2 - 8; k <= wide / 2 + 8; k += 10) taken.push(at + k)
}

/** A signal goes from its cell to the process that takes it. @param {Brush} top @param {Layout} l @param {any} frame @param {Wire} w @param {import('#ipclab/draw/parts.js').Spots} spots @param {number[]} taken */
function deliver(top, l, frame, w, spots, taken) {
  const e = frame.state.now
  const c = l.cards.find(b => b.proc === w.proc)
  const spot = spots.get(`${e.part - 1}:${e.want}`)
  if (!c || !spot) return wake(top, l, frame, w, null, taken, 'deliver')
  const below = c.y + c.h < spot.y
  const y = l.narrow ? l.lines[1] ?? 0 : (l.lines[0] ?? 0) + 32
  const pts = /** @type {Points} */ (below ? [[spot.x, spot.y - 2], [spot.x, y], [w.x - 40, y], [w.x - 40, c.y + c.h + 5]] : [...w.pts].reverse())
  top.line(rounded(pts, 12), { s: v('now-edge'), sw: 5, m: 'st-ar2' })
  const x = below ? w.x - 40 : w.x
  const [px, py] = frame.u < 1 ? along(pts, frame.u) : [x, below ? l.lines[0] ?? 0 : y]
  top.pill(px, py, 'deliver', { now: true })
  for (let k = -56; k <= 56; k += 10) taken.push(x + k)
}

/** Who waits for room and who for data. @param {Brush} g @param {Layout} l @param {any} frame */
export function drawQueues(g, l, frame) {
  if (!l.queues) return
  const s = /** @type {State} */ (frame.state)
  const part = l.parts.find(p => p.type === 'pipe')
  const p = part ? s.parts[part.n] : null
  if (!p) return
  const e = s.now
  const woken = frame.u >= 1 || e?.kind === Kind.WAKE ? wakeOf(s).proc : 0
  const isWriter = (/** @type {number} */ n) => s.procs[n - 1]?.call?.call === 2
  for (const [label, give] of /** @type {[string, boolean][]} */ ([['waiting for space', true], [l.narrow ? 'for data' : 'waiting for data', false]])) {
    const q = give ? l.queues.give : l.queues.take
    const asleep = p.sleepers.filter((/** @type {number} */ n) => isWriter(n) === give)
    const list = woken && isWriter(woken) === give && !asleep.includes(woken) ? [woken, ...asleep] : asleep
    g.say(q.labelX, q.y + 18, label, { sz: 13, w: 600, c: 'k', an: q.end ? 'end' : undefined })
    if (!list.length) {
      if (l.narrow) g.box(q.x - 3, q.y + 5, tw('nobody', 13) + 6, 18, { r: 4, f: v('kernel') })
      g.say(q.x, q.y + 18, 'nobody', { sz: 13, c: 't2' })
    } else drawChips(g, list, frame, q.x, q.y, q.w, woken)
  }
}

/** What crosses the line, on the widest stretch of it that nothing else uses. @param {Brush} g @param {Layout} l @param {any} frame @param {number[]} taken @param {boolean} full */
export function drawLineLabel(g, l, frame, taken, full) {
  const y = l.lines[0]
  if (y === undefined) return
  const s = /** @type {State} */ (frame.state)
  const types = new Set(l.parts.map(p => p.type))
  const e = s.now
  let text = types.has('signals') ? 'system call, or return from one' : 'system call'
  if (types.has('page')) text = e && e.call ? `${callNames[e.call] ?? ''}: system call` : 'load and store make no system call: nothing crosses'
  const r = full && !types.has('page') ? ratesOf(frame) : null // most of what happens to memory is no call
  if (r && r.calls > 0) text = `system call: ${r.calls >= 1e6 ? `${(r.calls / 1e6).toFixed(2)} million` : formatCount(r.calls)} crossings a second`
  const xs = [types.has('page') ? 100 : l.narrow ? 80 : 60, ...taken.filter(x => x > 20), l.W - 10].sort((a, b) => a - b)
  const room = (/** @type {string} */ t) => tw(t, 12, false, 600) + 30
  for (const t of [text, 'system call']) {
    let best = 0
    let at = 0
    for (let i = 1; i < xs.length; i++) {
      const [a, b] = [xs[i - 1] ?? 0, xs[i] ?? 0]
      if (b - a > best) [best, at] = [b - a, (a + b) / 2]
    }
    if (best > room(t) + 16) return void g.pill(at, y, t)
  }
}

/** Full speed: one band for each side, as wide as its rate. @param {Brush} g @param {Layout} l @param {any} frame @returns {number[]} x that are taken on the line */
export function drawBands(g, l, frame) {
  const r = ratesOf(frame)
  const s = /** @type {State} */ (frame.state)
  const part = l.parts.find(p => p.type === 'page') ?? l.parts.find(p => !frame.header.scene.parts[p.n].off) ?? l.parts[0]
  /** @type {number[]} */
  const at = []
  if (!part) return at
  const groups = ['giver', 'taker', 'peer'].map(name => l.cards.filter(c => c.group === name)).filter(x => x.length)
  const speed = (/** @type {any} */ c) => r?.procs[c.proc - 1]?.rate ?? 0
  const sums = groups.map(list => list.reduce((n, c) => n + speed(c), 0))
  const most = Math.max(...sums, 1e-9)
  groups.forEach((list, k) => {
    const taker = list[0]?.group === 'taker'
    const up = taker && l.narrow
    const wide = Math.max(4, ((sums[k] ?? 0) / most) * 46)
    const xs = list.map(c => c.x + c.w / 2)
    const x = list.length === 1 ? xs[0] ?? 0 : ((Math.min(...xs)) + Math.max(...xs)) / 2
    for (let k = -40; k <= 40; k += 10) at.push(x + k)
    const edge = up ? Math.min(...list.map(c => c.y)) - 4 : Math.max(...list.map(c => c.y + c.h)) + 4
    const end = up ? part.y + part.h + 2 : part.y - 2
    if (!(sums[k] ?? 0)) return void g.line(`M${x} ${edge}V${end}`, { s: v('edge'), sw: 2, d: '2 5' })
    const total = sums[k] ?? 1
    const [tip, tail] = taker ? [edge, end] : [end, edge]
    const dir = tip > tail ? 1 : -1
    const senders = taker ? l.cards.filter(c => c.group === 'giver') : list
    const share = senders.reduce((n, c) => n + speed(c), 0) || 1
    let left = x - wide / 2
    for (const c of senders) {
      const w = (wide * speed(c)) / share
      const hue = s.procs[c.proc - 1]?.hue ?? 'a'
      if (w > 0.3) g.line(`M${left} ${tail}h${w}V${tip - dir * 20}h${-w}z`, { f: v(hue), o: 0.86 })
      left += w
    }
    const hue = s.procs[(senders[0]?.proc ?? 1) - 1]?.hue ?? 'a'
    g.line(`M${x - wide / 2 - 12} ${tip - dir * 20.5}h${wide + 24}L${x} ${tip}z`, { f: senders.length > 1 ? v('ink2') : v(hue), o: 0.86 })
    if (list[0]?.group !== 'giver' || l.narrow || l.cards.length !== 2) return
    const line = l.lines[0] ?? 0
    const bytes = list.reduce((n, c) => n + (r?.procs[c.proc - 1]?.bytes ?? 0), 0)
    g.box(x - 18, line + 18, 36, 20, { r: 5, f: v('surface'), s: v(hue), sw: 2 })
    g.line(`M${x + 18} ${line + 28}H${x + 40}`, { s: v(hue), sw: 2 })
    const every = Math.max(1, Math.round(total / 4))
    const text = `one stands for ${formatCount(every)} messages`
    const w = tw(text, 13, false, 600) + 22
    g.box(x + 40, line + 15, w, 26, { r: 6, f: v('surface'), s: v(hue) })
    g.say(x + 40 + w / 2, line + 32.5, text, { sz: 13, w: 600, an: 'middle' })
    const label = `band width = ${formatRate(bytes)}`
    const limit = Math.min(...l.cards.filter(c => c.group === 'taker').map(c => c.x + c.w / 2), l.W) - 40 - tw('copied out again', 13)
    if (bytes > 0 && x + 74 + w + tw(label, 13) < limit) g.say(x + 54 + w, line + 33, label, { sz: 13, c: 'k' })
  })
  const takers = groups.find(list => list[0]?.group === 'taker')
  if (takers && !l.narrow && l.cards.length === 2) g.say(Math.min(...takers.map(c => c.x + c.w / 2)) - 40, (l.lines[0] ?? 0) + 33, 'copied out again', { sz: 13, c: 'k', an: 'end' })
  if (!r || l.narrow || l.cards.length !== 2 || l.cards[0]?.group === 'peer') return at
  const x = l.W / 2
  const y = (l.cards[0]?.y ?? 0) + 36
  g.say(x, y, `moved in ${(r.at / 1e9).toFixed(1)} s`, { sz: 13, an: 'middle', c: 't2' })
  g.say(x, y + 30, formatCount(r.moved), { sz: 26, w: 700, mono: true, an: 'middle', max: 220 })
  g.say(x, y + 52, 'messages, counted exactly ○', { sz: 13, an: 'middle', c: 't2' })
  return at
}

/** The one callout. @param {Brush} g @param {Layout['callout']} at @param {{bold: string, rest: string}} c */
export function drawCallout(g, at, c) {
  if (at.kind === 'strip' && at.w > 400) {
    const bw = tw(c.bold, 15, false, 700)
    const rw = Math.min(tw(c.rest, 15), at.w - bw - 34)
    const w = Math.max(at.w, 0)
    g.box(at.x, at.y, w, at.h, { r: 10, f: v('now'), s: v('now-edge') })
    const x = at.x + (w - bw - rw - 8) / 2
    g.say(x, at.y + 22.5, c.bold, { sz: 15, w: 700, f: v('now-ink') })
    g.say(x + bw + 8, at.y + 22.5, c.rest, { sz: 15, f: v('now-ink'), max: rw + 1 })
    return
  }
  const size = at.w < 200 ? 13.5 : 15
  const most = Math.max(1, Math.floor((at.h - 14) / 21))
  let rest = wrap(c.rest, size, at.w - 20)
  if (rest.length >= most) rest = wrap(c.rest.split(/(?<=\.) /)[0] ?? '', size, at.w - 20)
  const lines = [c.bold, ...(rest.length < most ? rest : [])]
  const h = Math.max(at.kind === 'strip' ? 34 : 40, lines.length * 21 + 20)
  const y = at.y + (at.kind === 'box' && at.h > h ? (at.h - h) / 2 : 0)
  g.box(at.x, y, at.w, h, { r: 12, f: v('now'), s: v('now-edge') })
  lines.forEach((t, i) => g.say(at.x + at.w / 2, y + 25 + i * 21, t, { sz: i ? size : Math.min(15.5, size + 0.5), w: i ? 400 : 700, an: 'middle', f: v('now-ink'), max: at.w - 16 }))
}

/** @param {string} text @param {number} size @param {number} max @returns {string[]} */
function wrap(text, size, max) {
  /** @type {string[]} */
  const lines = []
  let line = ''
  for (const word of text.split(' ')) {
    const next = line ? `${line} ${word}` : word
    if (line && tw(next, size) > max) {
      lines.push(line)
      line = word
    } else line = next
  }
  return line ? [...lines, line] : lines
}

/** What the signs mean. @param {Brush} g @param {Layout} l @param {any} frame */
export function drawLegend(g, l, frame) {
  if (!l.legend) return
  const types = new Set(l.parts.map(p => p.type))
  /** @type {[string, string][]} */
  const items = [['held', 'held by you'], ['line', 'solid: running'], ['dash', 'dashed: blocked']]
  if (types.has('pipe')) items.push(['fill', 'bytes keep the colour of their sender'])
  if (types.has('page')) items.push(['fill', 'a word takes the colour of its last writer'], ['bad', 'conflict'])
  if (types.has('signals')) items.push(['mask', 'masked'], ['fill', 'pending, in its sender’s colour'])
  items.push(['now', 'what happens now'])
  if (frame.state.mode === 2) items[0] = ['held', 'held by the pace']
  let x = l.narrow ? 10 : 56
  const y = l.legend
  for (const [k, t] of items) {
    const w = 24 + tw(t, 12)
    if (x + w > l.W - 20) break
    if (k === 'held') g.icon('held', x + 3, y - 10, v('ink'))
    else if (k === 'bad') {
      g.box(x, y - 11, 16, 14, { r: 3, f: v('bad') })
      g.say(x + 8, y, '!', { sz: 12, w: 700, an: 'middle', f: v('surface') })
    } else if (k === 'line' || k === 'dash') g.box(x, y - 10, 18, 12, { r: 3, s: v('ink2'), sw: 2, d: k === 'dash' ? '6 4' : undefined })
    else g.box(x, y - 10, 18, 12, { r: 3, f: k === 'mask' ? 'url(#st-mask)' : k === 'now' ? v('now') : v('a'), s: k === 'now' ? v('now-edge') : k === 'mask' ? v('ink2') : undefined, sw: 1 })
    g.say(x + 24, y, t, { sz: 12, c: 't2' })
    x += w + 20
  }
}
