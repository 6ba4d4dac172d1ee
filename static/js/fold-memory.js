// @ts-check
// Words, records, locks and semaphores in shared memory, and the signals of a process:
// what each of them holds after an event.

import { Call, Flag, Kind } from '#ipclab/event.js'

/** @typedef {import('#ipclab/event.js').Event} Event */

const WAITERS = 0x80000000
const OWNER_DIED = 0x40000000
const TID = 0x3fffffff
const HISTORY = 8
export const FIRST_RT = 32

/** A little-endian u64 as a number where that is exact. @param {Uint8Array} d @returns {number|bigint} */
export function value(d) {
  const n = (i = 0) => /** @type {number} */ (d[i])
  const high = n(4) + n(5) * 256 + n(6) * 65536 + n(7) * 16777216
  const low = n(0) + n(1) * 256 + n(2) * 65536 + n(3) * 16777216
  return high < 0x200000 ? high * 4294967296 + low : BigInt(high) * 4294967296n + BigInt(low)
}

/** @param {any} part */
export function memory(part) {
  switch (part.type) {
    case 'word': return { value: null, writer: 0, conflict: null, history: [], looked: Boolean(part.holds && !part.law) } // looked: not all stores are recorded
    case 'record': return { words: Array.from({ length: Math.max(1, Math.min(64, Math.floor((part.size || 64) / 8))) }, () => ({ value: null, writer: 0 })), torn: false }
    case 'filelock': case 'futex': return { value: 0, word: 0, owner: 0, waiters: false, ownerDied: false, last: 0 }
    case 'sem': return { value: null }
    case 'signals': return { in: part.in, std: {}, rt: {}, deliverNow: null, refused: 0 }
  }
  return {}
}

/** Records are missing: what the memory holds is not known until somebody looks. @param {any} p */
export function forget(p) {
  p.sure = false
  if (p.type === 'word') Object.assign(p, { value: null, writer: 0, conflict: null })
  else if (p.type === 'record') for (const w of p.words) Object.assign(w, { value: null, writer: 0 })
  else if (p.type === 'sem') p.value = null
}

/** @param {any} p @param {Event} e @param {any} q the process */
export function loadStore(p, e, q) {
  const v = value(e.data)
  if (p.type === 'record') {
    const w = p.words[Math.floor(e.want / 8) % p.words.length]
    if (e.kind === Kind.STORE) Object.assign(w, { value: v, writer: e.proc })
    else if (w.value === null) w.value = v
    if (e.flags & Flag.TORN) p.torn = true
    else if (e.kind === Kind.STORE || e.want === 0) p.torn = false // written, or read anew
    return
  }
  if (p.type !== 'word') return
  if (e.kind === Kind.LOAD) {
    if (p.value === null) p.value = v
    return
  }
  p.conflict = (e.flags & Flag.CONFLICT) !== 0 ? { seen: q?.reg?.seen ?? null, over: p.value } : null
  p.value = v
  p.writer = e.proc
  p.history.push({ value: v, proc: e.proc })
  if (p.history.length > HISTORY) p.history.shift()
}

/** @param {any} p @param {number} word @param {any[]} procs */
export function lockWord(p, word, procs) {
  const tid = word & TID
  const owner = tid === 0 ? 0 : procs.findIndex(q => q.pid === tid) + 1
  if (p.owner && owner !== p.owner) p.last = p.owner
  p.value = p.word = word >>> 0
  p.owner = owner
  p.waiters = (word & WAITERS) !== 0
  p.ownerDied = (word & OWNER_DIED) !== 0
}

/** One try, a success, or giving it back. @param {any} p @param {Event} e @param {any[]} procs */
export function lock(p, e, procs) {
  const q = procs[e.proc - 1]
  const found = Number(value(e.data)) >>> 0
  const has = e.kind === Kind.LOCK && (e.call ? e.ret >= 0 : e.ret === 1)
  if (p.type === 'sem') {
    const by = e.kind === Kind.UNLOCK ? 1 : -1 // raised while somebody sleeps, it is lowered again before one can ask
    if (e.ret >= 0 && (e.level >= 0 || p.value !== null)) p.value = Math.max(by, 0, e.level < 0 ? p.value + by : e.level)
  } else if (e.kind === Kind.UNLOCK) {
    lockWord(p, found, procs)
  } else if (has) {
    lockWord(p, ((found & (WAITERS | OWNER_DIED)) | (q?.pid ?? 0)) >>> 0, procs)
    p.owner = e.proc
  } else if (e.ret === 0) lockWord(p, found, procs)
  if (!q || e.ret < 0 || p.holds) return // what counts something, nobody holds
  const i = q.locks.indexOf(e.part)
  if (has && i < 0) q.locks.push(e.part)
  if (e.kind === Kind.UNLOCK && i >= 0) q.locks.splice(i, 1)
}

/** @param {any} p @param {number} level what the kernel or the page says @param {any[]} procs @param {boolean} all every record is here */
export function memoryLevel(p, level, procs, all) {
  if (p.owner !== undefined && level >= 0) lockWord(p, level, procs)
  if (p.type === 'sem') p.value = level
  if (p.type === 'word' && (p.value === null || p.sure === false || p.looked)) {
    if (p.value !== level && !p.looked) p.writer = 0
    p.value = level
    p.sure = all
  }
}

/** FUTEX_WAKE, and not that a sleeper went on. @param {any} p @param {Event} e */
export const wakes = (p, e) => e.call === Call.FUTEX && !p.sleepers.includes(e.proc)

/** @param {any} p @param {number} signo */
function cell(p, signo) {
  if (signo < FIRST_RT) return (p.std[signo] ??= { signo, pending: false, sent: 0, delivered: 0, merged: 0, by: 0, value: null })
  return (p.rt[signo] ??= { signo, queue: [], sent: 0, delivered: 0 })
}

/** @param {any} p @param {Event} e */
export function signalSent(p, e) {
  if (e.want === 0) return // only asks whether the process is there
  if (e.ret < 0) return void p.refused++
  const s = cell(p, e.want)
  s.sent++
  if (e.want >= FIRST_RT) s.queue.push({ msg: e.msg, value: value(e.data), by: e.proc })
  else if (s.pending) s.merged++
  else Object.assign(s, { pending: true, by: e.proc, value: value(e.data) })
  p.level = waiting(p)
}

/** @param {any} p @param {Event} e */
export function signalTaken(p, e) {
  const signo = e.ret || e.want
  if (signo <= 0) return // none, or its process ended within the call: which one is not known
  const s = cell(p, signo)
  s.delivered++
  let from = s.by ?? 0
  if (s.queue) {
    const at = Math.max(0, s.queue.findIndex((/** @type {any} */ x) => x.msg === e.msg && e.msg > 0))
    from = s.queue.splice(at, 1)[0]?.by ?? 0
  } else s.pending = false
  p.deliverNow = { signo: s.signo, value: value(e.data), by: from }
  p.level = waiting(p)
}

/** What was pending for a process goes with it. @param {any} p */
export function signalsGone(p) {
  for (const k in p.std) p.std[k].pending = false
  for (const k in p.rt) p.rt[k].queue = []
  p.level = 0
}

/** How many signals wait: as many as are queued, and one for each bit. @param {any} p */
function waiting(p) {
  let n = 0
  for (const k in p.std) if (p.std[k].pending) n++
  for (const k in p.rt) n += p.rt[k].queue.length
  return n
}
