// @ts-check
// Where everything stands on the stage: from the scene and the size of the sheet to
// rectangles and lanes, without a pixel drawn. Decks from top to bottom: processes,
// channel, user memory, the line, sleepers, kernel objects, foot. On a narrow sheet
// the kernel lies between givers and takers like the filling of a sandwich.

/** @typedef {{x: number, y: number, w: number, h: number}} Box */
/** @typedef {Box & {size: 'L'|'M'|'S'|'chip', row: number, col: number, group: string, proc: number}} CardBox proc from 1 */
/** @typedef {Box & {n: number, type: string, rows: number, level: boolean}} PartBox n from 0 */
/** @typedef {[number, number][]} Points */
/** @typedef {{proc: number, pts: Points, x: number, cross: number}} Wire from the card to the object; x: its lane; cross: y of the line it crosses, or 0 */
/** @typedef {{x: number, y: number, w: number, labelX: number, end: boolean}} Queue */
/**
 * @typedef {object} Layout
 * @property {number} W
 * @property {number} H
 * @property {boolean} narrow
 * @property {number} drop how much was left out for want of room, see DROPS
 * @property {number[]} lines y of the user/kernel lines
 * @property {CardBox[]} cards
 * @property {PartBox[]} parts
 * @property {Wire[]} wires
 * @property {{give: Queue, take: Queue}|null} queues of a part that lies below the sleepers' deck
 * @property {{kind: 'box'|'strip', x: number, y: number, w: number, h: number}} callout
 * @property {number} channel y in the middle of the channel
 * @property {number} gutter x of the way from the kernel past the user memory, 0 if there is none
 * @property {number} legend y, 0 if there is no room
 */

/** What is left out first: a card or part shows a thing as long as drop is below its number. */
export const DROPS = { legend: 1, note: 2, fd: 3, signals: 4, subtitle: 5, buf: 6, bytes: 7, step: 8, room: 8, call: 9 }
const HEAD = { L: 40, M: 36, S: 32, chip: 27 }
const ROW = /** @type {Record<string, number>} */ ({ buf: 25, fd: 26, regs: 30, own: 30, gates: 30, big: 50, text: 20 })
const GAP = 48 // a gutter between two columns of cards
const PITCH = 9 // between two lanes

/** Whether a part belongs to one process alone: its card shows it then. @param {any} scene @param {any} p */
export const own = (scene, p) => p.type !== 'signals' && scene.procs.some((/** @type {any} */ q) => q.role === p.in)

/** Whether a part is drawn in a page of memory; a lock that is off is. @param {any} page @param {any} p */
export const within = (page, p) => p.in === page.id && p.type !== 'page' && (!p.off || p.type === 'futex')

/** What a card shows below its call, by what the process does. @param {any} scene @param {number} i @param {string} size @param {boolean} full @returns {string[]} */
export function rowsOf(scene, i, size, full) {
  if (full) return ['big']
  const p = scene.procs[i]
  const mine = scene.parts.find((/** @type {any} */ q) => q.type !== 'signals' && q.in === p.role)
  if (mine) return size === 'L' ? (mine.type === 'word' ? ['own', 'gates'] : ['own', 'text']) : size === 'S' ? [] : ['own']
  const words = scene.parts.some((/** @type {any} */ q) => q.type === 'word')
  if (p.group === 'peer' && words) return size === 'L' ? ['regs', 'gates'] : size === 'M' && scene.procs.length <= 4 ? ['regs'] : []
  const stream = scene.parts.some((/** @type {any} */ q) => q.type === 'pipe' && !own(scene, q))
  if (size === 'L') return stream ? ['buf', 'fd'] : ['text']
  return []
}

/** @param {'L'|'M'|'S'|'chip'} size @param {string[]} rows @param {number} drop @param {boolean} full */
export function cardHeight(size, rows, drop, full) {
  if (size === 'chip') return HEAD.chip
  let h = HEAD[size] + 9
  if (size !== 'L') h += 19
  if (!full && drop < DROPS.call) h += 19
  if (!full && size !== 'S' && drop < DROPS.note) h += 18
  for (const r of rows) if (shows(r, drop)) h += ROW[r] ?? 0
  if (buttons(size, drop)) h += 36
  return h + 6
}

/** All cards are as high as the highest. @param {any} scene @param {'L'|'M'|'S'|'chip'} size @param {number} drop @param {boolean} full */
const tallest = (scene, size, drop, full) => Math.max(...scene.procs.map((/** @type {any} */ _, /** @type {number} */ i) => cardHeight(size, rowsOf(scene, i, size, full), drop, full)))

/** @param {string} row @param {number} drop */
export const shows = (row, drop) => !(row === 'buf' && drop >= DROPS.buf) && !(row === 'fd' && drop >= DROPS.fd)

/** Whether a card has its buttons in it, not in its menu. @param {string} size @param {number} drop */
export const buttons = (size, drop) => (size === 'L' || size === 'M') && drop < DROPS.signals

/**
 * @param {any} scene
 * @param {{width: number, height: number, full?: boolean, compact?: boolean, selected?: number}} o
 *   the container in pixels; height 0: as much as is needed
 * @returns {Layout}
 */
export function layout(scene, o) {
  const full = o.full === true
  if (o.width < 600) return narrowSheet(scene, 360, 4, full)
  const ratio = o.height > 0 ? o.height / Math.max(1, o.width) : 0
  const H = ratio ? 900 * ratio : 560
  let drop = o.compact || scene.procs.length > 4 ? 4 : 0
  let l = wideSheet(scene, 900, H, drop, full)
  while (ratio && l.H > H + 0.5 && drop < 8) l = wideSheet(scene, 900, H, ++drop, full)
  if (ratio && l.H > H) { // too low for all of it: the sheet gets wider, so everything gets smaller
    if (l.H / ratio >= 1300) l = wideSheet(scene, 900, H, 9, full)
    for (let i = 0; i < 4 && l.H > l.W * ratio + 0.5; i++) l = wideSheet(scene, l.H / ratio, l.H, l.drop, full) // wider cards may be taller
  }
  return l
}

/** @param {any} scene @param {string} group @returns {number[]} */
const members = (scene, group) => scene.procs.map((/** @type {any} */ p, /** @type {number} */ i) => (p.group === group ? i : -1)).filter((/** @type {number} */ i) => i >= 0)

/** Parts with a place of their own, by deck. @param {any} scene */
function decks(scene) {
  const those = (/** @type {(type: string) => boolean} */ is) => /** @type {number[]} */ ([...scene.parts.keys()].filter(i => is(scene.parts[i].type) && !own(scene, scene.parts[i])))
  const user = those(type => type === 'page')
  const kernel = those(type => type in TALL)
  const used = kernel.filter(i => !scene.parts[i].off)
  return { user, kernel: (used.length ? used : kernel).slice(0, scene.parts[0]?.type === 'signals' ? 1 : 4) }
}

const TALL = /** @type {Record<string, number>} */ ({ pipe: 164, signals: 196, futex: 86, sem: 86, filelock: 86 })

/** @param {any} scene @param {number} W @param {number} H @param {number} drop @param {boolean} full @returns {Layout} */
function wideSheet(scene, W, H, drop, full) {
  const { user, kernel } = decks(scene)
  const n = scene.procs.length
  const low = H < 520
  const tight = drop >= DROPS.room
  const y0 = low ? 12 : 18
  const cards = wideCards(scene, W, y0, drop, full)
  const bottom = Math.max(y0, ...cards.map(c => c.y + c.h))
  const rows = Math.max(1, ...cards.map(c => c.row + 1))
  const first = scene.parts[kernel[0] ?? -1]?.type
  const queue = first === 'pipe' && !full ? 36 : 0
  const tall = (/** @type {number} */ i) => (scene.parts[i].type === 'pipe' && (full || drop >= DROPS.bytes) ? 142 : scene.parts[i].off ? (tight ? 38 : 66) : TALL[scene.parts[i].type] ?? 86)
  const object = kernel.length ? Math.max(...kernel.map(tall)) : 0
  const strip = user.length === 0 && n > 2 && !full
  const foot = strip ? (H < 500 ? 46 : 54) : drop < DROPS.legend ? 40 : 10
  const page = user.length ? (tight ? 118 : 134) : 0
  const lanes = user.length ? (rows === 1 ? (tight ? 28 : 40) : 28 + PITCH * Math.min(n, 8)) : 0
  const above = low ? 20 : 24
  const below = queue ? (H < 500 ? 9 : 14) : full ? 14 : 26 // the word "kernel" stands there
  const need = bottom + lanes + page + above + below + queue + object + foot + (full ? 36 : 0)
  const spare = Math.max(0, H - need)
  const more = Math.min(spare * 0.45, user.length ? 24 : 48)
  const sleep = Math.min(spare - more, full ? 40 : queue ? 14 : 30) * (queue || full ? 1 : 0.5)
  const rest = spare - more - sleep
  const grow = Math.min(rest * 0.5, first === 'pipe' ? 24 : 12)
  const under = rest - grow
  const pageY = bottom + lanes + (user.length ? more : 0)
  const line = pageY + page + above + (user.length ? 0 : more) + under * 0.3
  const objectY = line + below + queue + (full ? 36 : 0) + sleep + under * 0.2
  /** @type {PartBox[]} */
  const parts = []
  const pageW = n <= 8 ? W - 310 : W - 40
  user.forEach((i, k) => parts.push({ n: i, type: 'page', ...column(20, pageW, user.length, k, 16), y: pageY, h: page, rows: 1, level: false }))
  const kw = kernel.length === 1 ? (first === 'futex' || first === 'sem' ? pageW - 40 : W - 80) : (W - 80 - 24 * (kernel.length - 1)) / kernel.length
  kernel.forEach((i, k) => {
    const type = scene.parts[i].type
    const h = (type === 'pipe' || type === 'signals' ? object + grow : object)
    parts.push({ n: i, type, x: 40 + k * (kw + 24), y: objectY, w: kw, h, rows: 1, level: full && type === 'pipe' })
  })
  const end = objectY + object + grow
  const target = targets(scene, parts)
  const wires = parts.length ? wideWires(cards, target, line, W, rows) : []
  const L = cards.filter(c => c.group === 'giver')
  const legend = drop < DROPS.legend && !strip ? Math.max(end + 24, H - 20) : 0
  const callout = /** @type {Layout['callout']} */ (
    user.length && n <= 8 ? { kind: 'box', x: W - 270, y: pageY, w: 250, h: 92 } :
      n === 2 && L.length === 1 ? { kind: 'box', x: W / 2 - 110, y: line - y0 > 150 ? y0 + 26 : y0, w: 220, h: Math.min(96, line - y0 - 16) } :
        { kind: 'strip', x: W / 2 - 320, y: Math.min(end + 14, Math.max(end + 5, H - 44)), w: 640, h: 34 })
  return {
    W, H: Math.max(H, need), narrow: false, drop, lines: [line], cards, parts, wires, channel: bottom + (pageY - bottom) / 2, callout, legend,
    gutter: user.length && n <= 8 ? 20 + pageW + 10 : 0,
    queues: queue ? wideQueues(scene, wires, line + 14 + (sleep + under * 0.2) * 0.6, W) : null,
  }
}

/** The k-th of n columns. @param {number} x @param {number} w @param {number} n @param {number} k @param {number} gap */
function column(x, w, n, k, gap) {
  const each = (w - gap * (n - 1)) / n
  return { x: x + k * (each + gap), w: each }
}

/**
 * Where the wire of a process ends: at its page, or else at the first object.
 * @param {any} scene @param {PartBox[]} parts @returns {(proc: number) => PartBox}
 */
function targets(scene, parts) {
  const pages = parts.filter(p => p.type === 'page')
  const first = /** @type {PartBox} */ (pages[0] ?? parts[0])
  return proc => {
    const to = (scene.wires ?? []).find((/** @type {any} */ w) => w.from === scene.procs[proc - 1].role)?.to
    return pages.find(p => scene.parts[p.n].id === to) ?? first
  }
}

/** @param {any} scene @param {number} W @param {number} y0 @param {number} drop @param {boolean} full @returns {CardBox[]} */
function wideCards(scene, W, y0, drop, full) {
  const n = scene.procs.length
  const groups = ['giver', 'taker', 'peer'].map(g => ({ g, list: members(scene, g) })).filter(x => x.list.length)
  const height = (/** @type {any} */ size) => tallest(scene, size, drop, full)
  /** @type {CardBox[]} */
  const out = []
  if (n === 2 && groups.length === 2) {
    const w = 292
    groups.forEach(({ g, list }, k) => out.push({ x: k ? W - 28 - w : 28, y: y0, w, h: height('L'), size: 'L', row: 0, col: 0, group: g, proc: (list[0] ?? 0) + 1 }))
    return out
  }
  if (n > 8) return chips(groups, W, y0, n)
  const rows = n > 4 ? 2 : 1
  const cols = groups.map(x => Math.ceil(x.list.length / rows))
  const between = rows === 2 ? 28 : 12
  const gutters = rows === 2 ? cols.reduce((s, c) => s + Math.max(0, c - 1), 0) : 0
  const total = cols.reduce((s, c) => s + c, 0)
  const plain = rows === 2 ? 0 : total - groups.length
  const side = n === 3 && rows === 1 ? 19 : 20
  const w = Math.min(n <= 2 ? 292 : 300, (W - 2 * side - between * (groups.length - 1) - GAP * gutters - 12 * plain) / total)
  const size = w >= 250 && rows === 1 ? 'L' : w >= 176 ? 'M' : 'S'
  const h = height(size)
  let x = n <= 2 ? (W - total * w - 12 * plain) / 2 : side
  groups.forEach(({ g, list }, k) => {
    const c = cols[k] ?? 1
    const step = w + (rows === 2 ? GAP : 12)
    list.forEach((p, i) => out.push({ x: x + (i % c) * step, y: y0 + Math.floor(i / c) * (h + 10), w, h, size, row: Math.floor(i / c), col: i % c, group: g, proc: p + 1 }))
    x += c * step - (rows === 2 ? GAP : 12) + between
  })
  return out
}

/** More than eight: one small chip each. @param {{g: string, list: number[]}[]} groups @param {number} W @param {number} y0 @param {number} n @returns {CardBox[]} */
function chips(groups, W, y0, n) {
  /** @type {CardBox[]} */
  const out = []
  const half = groups.length === 1 ? W - 40 : (W - 68) / 2
  groups.forEach(({ g, list }, k) => {
    const per = Math.max(1, Math.floor((half + 10) / 94))
    list.forEach((p, i) => out.push({ x: 20 + k * (half + 28) + (i % per) * 94, y: y0 + Math.floor(i / per) * (n > 32 ? 31 : 37), w: 84, h: 27, size: 'chip', row: Math.floor(i / per), col: i % per, group: g, proc: p + 1 }))
  })
  return out
}

/**
 * Every process has a lane of its own. In one row it leaves at the bottom of the card;
 * in two rows through the gutter beside it, lower cards on the outer lanes, so that no
 * two wires cross.
 * @param {CardBox[]} cards @param {(proc: number) => PartBox} target @param {number} line @param {number} W @param {number} rows @returns {Wire[]}
 */
function wideWires(cards, target, line, W, rows) {
  const bottom = Math.max(...cards.map(c => c.y + c.h))
  return cards.map((c, i) => {
    const to = target(c.proc)
    const cross = to.type === 'page' ? 0 : line
    const [left, right] = [to.x + 22, to.x + to.w - 22]
    /** @type {Points} */
    let pts
    let x
    if (c.size === 'chip') {
      x = c.x + c.w / 2 + (c.row ? 9 : -9)
      pts = [[x, c.y + c.h + 1], [x, to.y - 2]]
    } else if (rows === 1) {
      x = c.w >= 250 ? c.x + c.w * (c.group === 'peer' ? 0.2 : c.group === 'giver' ? 0.6 : 0.5) : c.x + c.w - 28
      pts = [[x, c.y + c.h + 2], [x, to.y - 2]]
    } else {
      const l = c.col % 2 === 0
      const pair = c.x + c.w + GAP < W - 20 && l ? c.x + c.w + GAP / 2 : c.x - GAP / 2
      const edge = l && pair > c.x
      const lone = l && !edge
      x = lone ? c.x + c.w / 2 : pair + (edge ? (c.row ? -13.5 : -4.5) : c.row ? 13.5 : 4.5)
      const cy = c.y + c.h / 2 + 4
      pts = lone && c.row ? [[x, c.y + c.h + 2], [x, to.y - 2]] : lone ? [[c.x - 2, cy], [c.x - 14, cy], [c.x - 14, to.y - 2]] : [[edge ? c.x + c.w + 2 : c.x - 2, cy], [x, cy], [x, to.y - 2]]
      if (lone && !c.row) x = c.x - 14
    }
    const at = Math.max(left, Math.min(right, x))
    if (at !== x) { // the object does not reach so far
      const last = /** @type {[number, number]} */ (pts[pts.length - 1])
      const k = (right - left) / Math.max(1, cards.length)
      const tx = x > right ? right - (cards.length - 1 - i) * Math.min(PITCH, k) : left + i * Math.min(PITCH, k)
      const cy = bottom + 18 + (i % 4) * 6
      last[0] = x
      last[1] = cy
      pts.push([tx, cy], [tx, to.y - 2])
    }
    return { proc: c.proc, pts, x, cross }
  })
}

const LABEL = 108 // "waiting for space"

/** Labels stand left of the lanes, chips right of them. @param {any} scene @param {Wire[]} wires @param {number} y @param {number} W @returns {Layout['queues']} */
function wideQueues(scene, wires, y, W) {
  const xs = (/** @type {boolean} */ give) => wires.filter(w => (scene.procs[w.proc - 1].group === 'giver') === give).map(w => w.x).sort((a, b) => a - b)
  const give = xs(true)
  const take = xs(false)
  const g0 = give[0] ?? 190
  const t0 = take[0] ?? W - 160
  const spread = (/** @type {number[]} */ v) => (v[v.length - 1] ?? 0) - (v[0] ?? 0)
  const [gx, tx] = [spread(give) < 60 ? give[give.length - 1] ?? g0 : g0, spread(take) < 60 ? take[take.length - 1] ?? t0 : t0]
  const after = (/** @type {number[]} */ v, /** @type {number} */ x, /** @type {number} */ end) => Math.min(end, ...v.filter(k => k > x + 20)) - 14
  const labelX = Math.max(72, g0 - 12 - LABEL)
  const start = Math.max(gx + 14, labelX + LABEL + 12)
  const many = give.length > 8
  return {
    give: { x: start, y, w: (many ? t0 - LABEL - 28 : after(give, gx, t0 - LABEL - 14)) - start, labelX, end: false },
    take: { x: tx + 14, y, w: after(take, tx, W - 16) - tx - 14, labelX: t0 - 12, end: true },
  }
}

/** @param {any} scene @param {number} W @param {number} drop @param {boolean} full @returns {Layout} */
function narrowSheet(scene, W, drop, full) {
  const { user, kernel } = decks(scene)
  const half = (W - 20 - 28) / 2
  const height = (/** @type {any} */ size) => tallest(scene, size, drop, full)
  /** @type {CardBox[]} */
  const cards = []
  const put = (/** @type {string} */ g, /** @type {number} */ y) => {
    const list = members(scene, g)
    const alone = list.length === 1
    const chip = list.length > 8
    const per = chip ? 4 : alone ? 1 : 2
    const size = chip ? 'chip' : alone ? 'L' : 'S'
    const h = height(size)
    const w = chip ? 78 : alone ? W - 20 : half
    list.forEach((p, i) => cards.push({ x: 10 + (i % per) * (chip ? 87 : half + 28), y: y + Math.floor(i / per) * (h + 8), w, h, size, row: Math.floor(i / per), col: i % per, group: g, proc: p + 1 }))
    return list.length ? y + Math.ceil(list.length / per) * (h + 8) - 8 : y
  }
  const peers = members(scene, 'peer').length > 0
  let y = put(peers ? 'peer' : 'giver', 8)
  const top = y
  /** @type {PartBox[]} */
  const parts = []
  /** @type {number[]} */
  const lines = []
  let callout = /** @type {Layout['callout']} */ ({ kind: 'strip', x: 10, y: 0, w: W - 20, h: 62 })
  if (user.length) {
    y += 40
    const rows = Math.max(...user.map(i => {
      const used = new Set(scene.parts.filter((/** @type {any} */ p) => within(scene.parts[i], p)).map((/** @type {any} */ p) => Math.floor(p.offset / 64)))
      return Math.max(1, used.size)
    }))
    const h = rows > 1 ? rows * 62 + 34 : 134
    user.forEach((i, k) => parts.push({ n: i, type: 'page', ...column(10, W - 20, user.length, k, 8), y, h, rows, level: false }))
    y += h
    callout.y = y + 8
    y += 74
  }
  const line = y + 24
  lines.push(line)
  y = line + (user.length || full ? 40 : 48)
  const firstType = scene.parts[kernel[0] ?? -1]?.type
  for (const i of kernel) {
    const p = scene.parts[i]
    const h = p.type === 'pipe' ? full ? 112 : 172 : p.type === 'signals' ? 300 : p.off ? 60 : 82
    parts.push({ n: i, type: p.type, x: 10, y, w: W - 20, h, rows: 2, level: full && p.type === 'pipe' })
    y += h + 10
  }
  const object = parts.find(p => p.type !== 'page')
  let line2 = 0
  if (!peers) {
    y += full ? 18 : 26
    line2 = y
    lines.push(line2)
    const t0 = y + 18
    y = put('taker', t0)
    const takers = members(scene, 'taker').length
    if (takers > 1 && takers % 2 === 1 && takers <= 8) {
      const c = /** @type {CardBox} */ (cards[cards.length - 1])
      callout = { kind: 'box', x: 10 + half + 28, y: c.y, w: half, h: Math.max(84, c.h) }
    } else {
      callout.y = y + 10
      y += full ? 0 : 72
    }
  }
  const H = y + 12
  const target = user.length ? targets(scene, parts) : () => /** @type {PartBox} */ (object)
  return {
    W, H, narrow: true, drop, lines, cards, parts, channel: top + 20, callout, legend: 0, gutter: W - 6,
    wires: parts.length ? narrowWires(cards, target, lines, W) : [],
    queues: firstType === 'pipe' && !full && object ? {
      give: { x: 190, y: line + 14, w: W - 10 - 190, labelX: 10, end: false },
      take: { x: 76, y: line2 - 30, w: W - 60 - 76, labelX: 10, end: false },
    } : null,
  }
}

/** @param {CardBox[]} cards @param {(proc: number) => PartBox} target @param {number[]} lines @param {number} W @returns {Wire[]} */
function narrowWires(cards, target, lines, W) {
  const near = (/** @type {string} */ g) => (g === 'taker' ? 0 : Math.max(...cards.filter(c => c.group === g).map(c => c.row)))
  return cards.map((c, i) => {
    const to = target(c.proc)
    /** Down to where the object is. @param {Points} pts @param {number} x @returns {Points} */
    const reach = (pts, x) => {
      const at = Math.max(to.x + 14, Math.min(to.x + to.w - 14, x))
      const cy = end - 24 + (i % 4) * 5
      return at === x ? [...pts, [x, end]] : [...pts, [x, cy], [at, cy], [at, end]]
    }
    const up = c.group === 'taker'
    const cross = to.type === 'page' ? 0 : lines[up ? 1 : 0] ?? 0
    const end = up ? to.y + to.h + 1 : to.y - 2
    const edge = up ? c.y - 1 : c.y + c.h + 1
    if (c.size === 'L' || c.size === 'chip' || c.row === near(c.group)) {
      const x = c.size === 'L' ? W / 2 - 4 : c.size === 'chip' ? c.x + c.w / 2 : c.col === 0 ? c.x + c.w - 14 : c.x + 14
      return { proc: c.proc, pts: reach([[x, edge]], x), x, cross }
    }
    const rows = Math.abs(c.row - near(c.group))
    const x = W / 2 + (c.col === 0 ? -1 : 1) * Math.max(2, 11 - 4 * (rows - 1))
    const cy = c.y + c.h / 2 + 4
    return { proc: c.proc, pts: reach([[c.col === 0 ? c.x + c.w + 2 : c.x - 2, cy], [x, cy]], x), x, cross }
  })
}
