// @ts-check
// What is worth saying at this very moment: one short sentence in bold, and at most
// one that explains it. Most moments have none.

import { Call, Flag, Kind } from '#ipclab/event.js'
import { isGone } from '#ipclab/fold-pipe.js'
import { errnoName, formatCount, nameOf, signalName } from '#ipclab/words.js'

/** @typedef {import('#ipclab/fold.js').State} State */
/** @typedef {{bold: string, rest: string}} Callout */

/** @param {State} s @param {any} header @returns {Callout|null} */
export function calloutOf(s, header) {
  const c = of(s, header)
  const whole = (/** @type {string} */ t) => t.charAt(0).toUpperCase() + t.slice(1)
  return c && { bold: whole(c.bold), rest: whole(c.rest) + (/[.!?]$/.test(c.rest) ? '' : '.') }
}

/**
 * Who is being woken at this moment: the first sleeper, when there is now what it
 * waits for. 0 is nobody.
 * @param {State} s @returns {{proc: number, part: number}}
 */
export function wakeOf(s) {
  const of = wokenBy(s)
  return s.procs[of.proc - 1]?.st === 'stopped' ? { ...of, proc: 0 } : of // it has left the queue
}

/** @param {State} s */
function wokenBy(s) {
  const e = s.now
  const nobody = { proc: 0, part: 0 }
  if (!e) return nobody
  const p = s.parts[e.part - 1]
  const first = (/** @type {any} */ of, /** @type {boolean} */ writer) => of.sleepers.find((/** @type {number} */ n) => (s.procs[n - 1]?.call?.call === Call.WRITE) === writer) ?? 0
  if (!p) return nobody
  if (e.kind === Kind.BLOCK) return s.procs[e.proc - 1]?.call?.done && e.ret >= 0 && !(e.flags & Flag.STOPPED) ? { proc: e.proc, part: e.part } : nobody
  if (e.kind === Kind.WAKE) {
    const waker = s.procs[e.proc - 1]?.call?.kind === Kind.WAKE
    return { proc: waker ? (e.ret > 0 ? p.sleepers[0] ?? 0 : 0) : e.proc, part: e.part }
  }
  if (p.type === 'pipe' && !p.slots) return nobody
  if (p.type === 'pipe' && e.kind === Kind.RECV && p.freed > 0) return { proc: first(p, true), part: e.part }
  if (p.type === 'pipe' && e.kind === Kind.SEND && e.ret > 0) return { proc: first(p, false), part: e.part }
  if (p.type === 'sem' && e.kind === Kind.UNLOCK && e.ret >= 0) return { proc: p.sleepers[0] ?? 0, part: e.part }
  return nobody
}

/** A role as a sentence has it: the writer, but B. @param {string} who */
const the = who => (/^[a-z]+$/.test(who) ? 'the ' + who : who)

/** @param {State} s @param {any} header @returns {Callout|null} */
function of(s, header) {
  const e = s.now
  if (!e) return null
  const q = s.procs[e.proc - 1]
  const p = s.parts[e.part - 1]
  const who = q ? the(nameOf(q, s)) : ''
  if (e.kind === Kind.EXIT && q) return ended(s, q, who, header)
  if (!q) return null
  if (e.ret < 0) return failed(e, p, who)
  if (p?.type === 'pipe') return ofPipe(s, e, p, q, who)
  if (p?.type === 'futex' || p?.type === 'sem') return ofLock(s, e, p, who)
  if (p?.type === 'word') return ofWord(s, e, p, who, header)
  if (p?.type === 'record' && e.flags & Flag.TORN) return { bold: 'Half old, half new.', rest: `${who} read while another wrote` }
  if (p?.type === 'signals') return ofSignals(s, e, p, q, who)
  return null
}

/** @param {State} s @param {any} q @param {string} who @param {any} header @returns {Callout} */
function ended(s, q, who, header) {
  const n = s.procs.indexOf(q) + 1
  const dead = s.parts.find(p => p.type === 'futex' && (p.owner === n || (p.ownerDied && p.last === n)))
  if (dead) return { bold: 'The owner died with the lock.', rest: dead.ownerDied ? 'The kernel has marked the word' : 'Nobody will ever give it back' }
  const pipe = header.scene.parts.findIndex((/** @type {any} */ d, /** @type {number} */ i) => d.type === 'pipe' && isGone(s, header.scene, i))
  if (pipe >= 0 && s.parts[pipe].level > 0) return { bold: 'The pipe is gone.', rest: `${formatCount(s.parts[pipe].level)} bytes that nobody has read went with it` }
  if (q.exit?.signal) return { bold: `${who} was killed.`, rest: `SIG${signalName(q.exit.signal)} ended it` }
  return { bold: `${who} has ended.`, rest: 'Its descriptors are closed' }
}

/** @param {any} e @param {any} p @param {string} who @returns {Callout|null} */
function failed(e, p, who) {
  if (e.ret === -11 && p?.type === 'signals') return e.kind === Kind.SIGNAL ? { bold: 'The queue is full.', rest: 'sigqueue fails with EAGAIN' } : null
  if (e.ret === -11) return { bold: e.kind === Kind.SEND ? 'No room: EAGAIN.' : 'Nothing there: EAGAIN.', rest: `With O_NONBLOCK ${who} does not sleep` }
  if (e.call === Call.RT_SIGACTION) return { bold: `${signalName(e.want)} cannot be caught.`, rest: `sigaction fails with ${errnoName(-e.ret)}` }
  if (e.ret === -3) return { bold: 'Nobody has this number.', rest: 'kill fails with ESRCH' }
  if (e.ret === -9) return { bold: 'This end cannot write: EBADF.', rest: 'It is open for reading only' }
  if (e.ret === -32) return { bold: 'Nobody can read.', rest: 'write fails with EPIPE' }
  if (e.ret === -4) return { bold: 'A signal came: EINTR.', rest: `The call of ${who} was cut short` }
  return null
}

/** @param {State} s @param {any} e @param {any} p @param {any} q @param {string} who @returns {Callout|null} */
function ofPipe(s, e, p, q, who) {
  const writers = p.sleepers.filter((/** @type {number} */ n) => s.procs[n - 1]?.call?.kind === Kind.BLOCK && s.procs[n - 1]?.call?.call === 2)
  const free = p.slots ? p.slots.length - (p.head - p.tail) : -1 // -1: what lies in it is not known
  const pages = (e.kind === Kind.RECV ? p.freed : free) === 1 ? 'One page is free' : `${e.kind === Kind.RECV ? p.freed : free} pages are free`
  switch (e.kind) {
    case Kind.RECV: {
      if (e.flags & Flag.EOF) return { bold: 'End of file.', rest: 'read returned 0: no writer is left' }
      if (e.flags & Flag.TORN) return { bold: 'The messages are mixed.', rest: 'Writes above PIPE_BUF may be torn' }
      if (e.flags & Flag.DISCARDED) return { bold: 'The rest is gone.', rest: 'A short read throws the packet away' }
      if (!writers.length || p.freed === 0 || free < 0) return null
      const first = the(nameOf(s.procs[writers[0] - 1], s))
      return { bold: pages + ' now.', rest: writers.length > 1 ? `${first} has waited longest and wakes first` : `The kernel wakes ${first}, which will fill slot ${p.head % p.slots.length}` }
    }
    case Kind.WAKE: {
      if (q.call?.call !== 2) return { bold: 'There is data now.', rest: `The kernel wakes ${who}` }
      const next = writers[0] ? the(nameOf(s.procs[writers[0] - 1], s)) : ''
      return { bold: free > 0 ? pages + '.' : 'There is room.', rest: next ? `${who} has waited longest and wakes; ${next} sleeps on` : `${who} wakes and will fill ${free > 0 ? 'slot ' + p.head % p.slots.length : 'it'}` }
    }
    case Kind.BLOCK:
      if (e.call !== Call.WRITE) return { bold: 'The pipe is empty.', rest: `${who} sleeps until bytes come` }
      return { bold: 'The pipe is full.', rest: free <= 0 ? `${who} sleeps until a page is free` : `${who} sleeps: its write does not fit` }
    case Kind.SEND:
      if (wakeOf(s).proc) return { bold: 'There is data now.', rest: `The kernel wakes ${the(nameOf(s.procs[wakeOf(s).proc - 1], s))}` }
      if (e.ret < e.want) return { bold: 'Only a part fitted.', rest: `${formatCount(e.ret)} of ${formatCount(e.want)} bytes were written` }
  }
  return null
}

/** @param {State} s @param {any} e @param {any} p @param {string} who @returns {Callout|null} */
function ofLock(s, e, p, who) {
  const owner = p.owner ? nameOf(s.procs[p.owner - 1], s) : ''
  if (e.kind === Kind.LOCK && e.flags & Flag.OWNERDIED) return { bold: 'Its owner died.', rest: `${who} has the lock and must repair what it guards` }
  if (e.kind === Kind.LOCK && p.type === 'futex' && e.ret === 0) return { bold: 'The lock is taken.', rest: `${owner || 'Another'} holds it; ${who} will ask the kernel to sleep` }
  const dead = p.ownerDied || (p.owner && s.procs[p.owner - 1]?.killed)
  if (e.kind === Kind.BLOCK && s.procs[e.proc - 1]?.call?.done && dead) return { bold: 'The owner died with the lock.', rest: `The kernel marked the word and woke ${who}` }
  if (e.kind === Kind.BLOCK && s.procs[e.proc - 1]?.call?.done) return { bold: `${who} goes on.`, rest: 'It must try again' }
  if (e.kind === Kind.WAKE && e.ret > 0 && !p.ownerDied) return { bold: 'One sleeper is woken.', rest: `The kernel wakes ${nameOf(s.procs[wakeOf(s).proc - 1], s)}, which has slept longest` }
  const ring = e.kind === Kind.BLOCK ? circle(s, e.proc) : []
  if (ring.length) return { bold: 'Nobody can go on: a deadlock.', rest: ring.map((n, i) => `${nameOf(s.procs[n - 1], s)} waits for ${nameOf(s.procs[(ring[i + 1] ?? e.proc) - 1], s)}`).join(', ') }
  if (e.kind === Kind.BLOCK) return p.type === 'sem' ? { bold: 'The count is 0.', rest: `${who} sleeps until it is raised` } : { bold: `${who} sleeps in the kernel.`, rest: 'Only now a system call was needed' }
  if (e.kind === Kind.WAKE && p.ownerDied) return { bold: 'The owner died with the lock.', rest: `The kernel marked the word and wakes ${who}` }
  return null
}

/** Who waits for whom, from one process round to itself; empty if it is not so. @param {State} s @param {number} first */
function circle(s, first) {
  const ring = [first]
  for (;;) {
    const asleep = ring.at(-1) ?? 0
    const lock = s.parts.find(p => p.type === 'futex' && p.sleepers.includes(asleep))
    if (!lock?.owner || lock.owner === asleep || ring.length > s.procs.length) return []
    if (lock.owner === first) return ring
    ring.push(lock.owner)
  }
}

/** @param {State} s @param {any} e @param {any} p @param {string} who @param {any} header @returns {Callout|null} */
function ofWord(s, e, p, who, header) {
  if (e.kind === Kind.STORE && p.conflict) {
    const other = s.procs[p.history.at(-2)?.proc - 1]
    const seen = p.conflict.seen
    const due = typeof p.value === 'number' && typeof p.conflict.over === 'number' ? ` It should be ${formatCount(p.conflict.over + 1)}` : ''
    return { bold: 'One update is lost.', rest: other && seen !== null ? `${nameOf(other, s)} and ${who} both loaded ${formatCount(seen)} and both stored ${formatCount(p.value)}.${due}` : `${who} stored over a newer value` }
  }
  if (e.kind !== Kind.LOAD || header.scene.parts[e.part - 1]?.holds !== 'updates') return null
  const mine = s.procs[e.proc - 1]?.reg?.value
  const same = s.procs.filter((x, i) => i !== e.proc - 1 && x.reg !== null && x.reg.part === e.part && x.reg.from !== 'store' && x.reg.seen === mine && x.st !== 'gone')
  if (!same.length || mine === undefined) return null
  return { bold: `Both hold ${formatCount(mine)}.`, rest: `${nameOf(same[0], s)} and ${who} loaded the same value` }
}

/** @param {State} s @param {any} e @param {any} p @param {any} q @param {string} who @returns {Callout|null} */
function ofSignals(s, e, p, q, who) {
  const name = signalName(e.want)
  const flag = s.parts[(q.reg?.part ?? 0) - 1]
  if (e.kind === Kind.BLOCK && flag?.value > 0 && !q.reg.value) return { bold: 'The wake-up is lost.', rest: `The flag is set, and ${who} sleeps` }
  if (e.kind === Kind.SIGNAL && !e.want) return { bold: 'Nothing is sent.', rest: 'Signal 0 asks whether the process is there' }
  if (e.kind === Kind.SIGNAL && e.want < 32) {
    const c = p.std[e.want]
    return c && c.sent > 1 && c.pending && c.merged > 0 ? { bold: 'The bit was set already.', rest: `This ${name} is merged with one that waits` } : null
  }
  if (e.kind !== Kind.DELIVER) return null
  const rest = Object.values(p.rt).filter((/** @type {any} */ c) => c.queue.length && c.signo > e.want)
  if (e.want >= 32 && rest.length) return { bold: 'Lowest number first.', rest: `${name} is taken before ${rest.map((/** @type {any} */ c) => c.signo).slice(0, 3).join(', ')}, whenever they were sent` }
  const c = p.std[e.want]
  if (e.flags & Flag.HANDLER && !c?.merged) return { bold: 'The handler runs.', rest: `It interrupts ${who}, wherever that is` }
  if (c?.merged) return { bold: 'Bits do not count.', rest: `${c.sent} were sent, ${who} gets one` }
  return null
}

