// @ts-check
// A pipe as fs/pipe.c keeps it: a ring of pages. The remainder of a write, its length
// modulo the page size, is added to the page written last if it fits there; all else
// takes new pages. A page that has been read in part is not refilled at its front.

import { Flag } from '#ipclab/event.js'

/** @typedef {import('#ipclab/event.js').Event} Event */
/** @typedef {{msg: number, bytes: number, proc: number}} Run bytes of one message that lie together */
/** @typedef {{runs: Run[], bytes: number, off: number}} Slot off: bytes at the page's front that were read */
/**
 * @typedef {object} Write a write that is not all in the pipe
 * @property {number} proc
 * @property {number} msg
 * @property {number} want
 * @property {number} put bytes that are in
 * @property {number} left bytes that are to come
 * @property {boolean} open its call still sleeps, so that left is what it asked for
 */

/** @param {any} header @param {any} part */
export function pipe(header, part) {
  const page = header.page > 0 ? header.page : 4096
  const n = Math.max(1, Math.min(4096, Math.floor((part.cap || 16 * page) / page)))
  return { page, packets: header.settings?.packets === 1, head: 0, tail: 0, freed: 0, slots: new Array(n).fill(null), /** @type {Write[]} */ writes: [], sure: true }
}

/** @param {any} p */
const size = p => p.slots.length

/** The contents are not known any more, only how much it is. @param {any} p */
export function unsure(p) {
  p.sure = false
  p.slots = null
  p.freed = 0
  p.writes.length = 0
}

/** The contents are known again: there are none. @param {any} p */
function empty(p) {
  p.sure = true
  p.head = p.tail = p.level = 0
  p.slots = new Array(Math.max(1, Math.floor(p.cap / p.page))).fill(null)
}

/** Adds bytes to a page. @param {Slot} s @param {Write} w @param {number} n */
function add(s, w, n) {
  const last = s.runs[s.runs.length - 1]
  if (last && last.msg === w.msg && last.proc === w.proc) last.bytes += n
  else s.runs.push({ msg: w.msg, bytes: n, proc: w.proc })
  s.bytes += n
  w.put += n
  w.left -= n
}

/**
 * Puts as much of a write into the pipe as there is room for, at most max bytes.
 * @param {any} p @param {Write} w @param {number} max
 */
function pour(p, w, max) {
  const goal = w.put + Math.min(max, w.left)
  const chars = Number.isFinite(w.want) ? w.want % p.page : 0
  if (w.put === 0 && chars > 0 && p.head !== p.tail && !p.packets && w.left > 0) {
    const s = p.slots[(p.head - 1) % size(p)]
    if (s && s.off + s.bytes + chars <= p.page && chars <= goal) add(s, w, chars)
  }
  while (w.put < goal && p.head - p.tail < size(p)) {
    const s = { runs: [], bytes: 0, off: 0 }
    p.slots[p.head % size(p)] = s
    p.head++
    add(s, w, Math.min(p.page, goal - w.put))
  }
}

/** Those that returned but did not fit are behind the picture: they follow at once. @param {any} p */
function settle(p) {
  for (let i = 0; i < p.writes.length; i++) {
    const w = p.writes[i]
    if (w.open) continue
    pour(p, w, Infinity)
    if (w.left > 0) return
    p.writes.splice(i--, 1)
  }
}

/**
 * Takes the bytes of a read out; false if they cannot have been there. A write has its
 * record only when it returns, so a read may tell of one first, by the message's name.
 * @param {any} p @param {Event} e
 */
function take(p, e) {
  const proc = Math.floor(e.msg / 2 ** 40)
  let n = e.ret
  while (n > 0) {
    if (p.head === p.tail) {
      let w = p.writes.find((/** @type {Write} */ x) => x.left > 0)
      if (!w && proc > 0 && !openOf(p, proc)) p.writes.push((w = { proc, msg: e.msg, want: Infinity, put: 0, left: Infinity, open: true }))
      if (!w) return false
      pour(p, w, Number.isFinite(w.want) ? Infinity : n)
      if (p.head === p.tail) return false
      continue
    }
    const at = p.tail % size(p)
    const s = p.slots[at]
    const bite = Math.min(n, s.bytes)
    n -= bite
    s.bytes -= bite
    s.off += bite
    for (let rest = bite; rest > 0; ) {
      const r = s.runs[0]
      const k = Math.min(rest, r.bytes)
      r.bytes -= k
      rest -= k
      if (r.bytes === 0) s.runs.shift()
    }
    if (s.bytes > 0 && !p.packets) return n === 0
    p.slots[at] = null // in packet mode the kernel throws away what was not asked for
    p.tail++
    settle(p)
  }
  return true
}

/** @param {any} p */
function count(p) {
  let n = 0
  for (let i = p.tail; i < p.head; i++) n += p.slots[i % size(p)].bytes
  p.level = n
}

/** @param {any} p @param {number} proc @returns {Write|undefined} */
const openOf = (p, proc) => p.writes.find((/** @type {Write} */ w) => w.open && w.proc === proc)

/** A write fell asleep: what fits is in the pipe already. @param {any} p @param {Event} e */
export function pipeBlock(p, e) {
  if (!p.sure || openOf(p, e.proc)) return
  const w = { proc: e.proc, msg: e.msg, want: e.want, put: 0, left: e.want, open: true }
  pour(p, w, e.want)
  p.writes.push(w)
  count(p)
}

/** @param {any} p @param {Event} e */
export function pipeSend(p, e) {
  const n = Math.max(0, e.ret)
  p.freed = 0
  if (!p.sure) return void (p.level += n)
  let w = openOf(p, e.proc)
  if (w && w.want === Infinity) {
    if (w.msg !== e.msg) return unsure(p) // it was not this one that the reads told of
    w.want = e.want
  }
  if (w) {
    w.left = n - w.put
    w.open = false
    if ((e.flags & (Flag.OPEN | Flag.STOPPED)) !== 0) w.left = 0 // killed within: what is known to be in stays
    if (w.left < 0) return unsure(p)
    w.msg = e.msg
    if (w.left === 0) p.writes.splice(p.writes.indexOf(w), 1)
    else pour(p, w, Infinity)
    if (w.left === 0 && p.writes[0] === w) p.writes.shift()
  } else if (n > 0) {
    w = { proc: e.proc, msg: e.msg, want: Math.max(e.want, n), put: 0, left: n, open: false }
    if (!p.writes.some((/** @type {Write} */ x) => !x.open)) pour(p, w, Infinity)
    if (w.left > 0) p.writes.push(w)
  }
  count(p)
}

/** @param {any} p @param {Event} e */
export function pipeRecv(p, e) {
  if (e.ret <= 0) return
  const before = p.tail
  if (!p.sure) p.level = Math.max(0, p.level - e.ret)
  else if (take(p, e)) {
    p.freed = p.tail - before
    count(p)
  }
  else {
    unsure(p)
    p.level = 0
  }
}

/**
 * What the kernel says. If it holds more than the picture, sleeping writes have put
 * it there; if it holds nothing, that is known for sure.
 * @param {any} p @param {number} level @param {boolean} still nothing else went on meanwhile
 */
export function pipeLevel(p, level, still) {
  if (!p.sure) {
    p.level = level
    if (still && level === 0) empty(p)
    return
  }
  for (const w of p.writes) {
    if (!still || level <= p.level) return
    if (!w.open) continue
    pour(p, w, level - p.level)
    count(p)
  }
}

/** Another capacity: the kernel copies what there is to the start of a new ring. @param {any} p @param {number} cap */
export function pipeCapacity(p, cap) {
  p.cap = cap
  if (!p.sure) return
  const n = Math.max(1, Math.floor(cap / p.page))
  if (n === size(p)) return
  const old = []
  for (let i = p.tail; i < p.head; i++) old.push(p.slots[i % size(p)])
  if (old.length > n) return unsure(p)
  p.slots = [...old, ...new Array(n - old.length).fill(null)]
  p.tail = 0
  p.head = old.length
}

/** Whether all processes that could hold an end of a pipe have ended. @param {any} s @param {any} scene @param {number} n the part, from 0 */
export function isGone(s, scene, n) {
  const id = scene.parts[n].id
  const users = scene.procs.map((/** @type {any} */ p, /** @type {number} */ i) => [p.role, s.procs[i]]).filter((/** @type {any} */ [role]) => scene.wires.some((/** @type {any} */ w) => (w.from === role && w.to === id) || (w.from === id && w.to === role)))
  return users.length > 0 && users.every((/** @type {any} */ [, p]) => p.exit)
}
