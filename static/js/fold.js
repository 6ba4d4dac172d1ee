// @ts-check
// What the events say: state = fold(events). Nothing here knows a mechanism; there
// are only processes and types of parts.

import { Fact, Flag, Kind, Mode, Wait } from '#ipclab/event.js'
import { forget, loadStore, lock, memory, memoryLevel, signalSent, signalsGone, signalTaken, value, wakes } from '#ipclab/fold-memory.js'
import { pipe, pipeBlock, pipeCapacity, pipeLevel, pipeRecv, pipeSend, unsure } from '#ipclab/fold-pipe.js'

/** @typedef {import('#ipclab/event.js').Event} Event */

/**
 * @typedef {object} ProcState
 * @property {string} role
 * @property {string} kind
 * @property {'giver'|'taker'|'peer'} group
 * @property {number} index among those of its group, from 0
 * @property {'a'|'b'|'c'|'d'} hue
 * @property {boolean} stripe
 * @property {string} letter
 * @property {number} pid
 * @property {'none'|'held'|'running'|'ready'|'blocked'|'stopped'|'zombie'|'gone'} st what its card shows
 * @property {string} kstate R S D T Z X as the kernel says
 * @property {number} wait
 * @property {number} waitPart
 * @property {boolean} asleep its present call has not returned from the kernel
 * @property {string} wchan
 * @property {number} gate as FactGate's ret
 * @property {number} lastGate the gate it was let go of last, from 1
 * @property {boolean} killed SIGKILL was sent to it
 * @property {number} since ns, when st began
 * @property {{kind: number, call: number, part: number, want: number, msg: number, at: number, dur: number, ret: number, flags: number, data: number|bigint, done: boolean, open: boolean, unknown: boolean, error: number}|null} call
 * @property {{calls: number, sent: number, received: number, bytesSent: number, bytesReceived: number, errors: number}} n
 * @property {number} lastMsg
 * @property {number} slept ns that its last sleep took
 * @property {{value: number|bigint, from: string, at: number, part: number, seen: number|bigint|null}|null} reg
 * @property {number} round gates of this round that are behind it
 * @property {{fd: number, part: number, how: number}[]} fds
 * @property {Record<number, number>} maps address by part
 * @property {{sigpnd: bigint, shdpnd: bigint, sigblk: bigint, sigign: bigint, sigcgt: bigint}} masks
 * @property {number} masksAt when sigblk was read last, 0: never
 * @property {[number, number]|null} sigq
 * @property {[number, number]|null} switches
 * @property {[number, number]|null} io calls of read and of write, as the kernel counts them
 * @property {number} cpu
 * @property {{code: number, signal: number}|null} exit
 * @property {number[]} locks parts
 * @property {{runs: number, signo: number, at: number}|null} handler what its signal handler did last
 */

/**
 * @typedef {object} State
 * @property {number} seq
 * @property {number} at
 * @property {number} mode
 * @property {number} pace
 * @property {number} sample
 * @property {number} lost records that had no room
 * @property {number} dropped records that did not come here: LOST events with a ret, made by Trace.gap
 * @property {Event|null} now the newest operation
 * @property {boolean} updates some word counts the updates of all
 * @property {Record<string, number>} settings
 * @property {string[]} knobs their names
 * @property {ProcState[]} procs
 * @property {any[]} parts by type, see fold-pipe.js and fold-memory.js
 */

const hues = /** @type {const} */ (['a', 'b', 'c', 'd'])
const maskNames = /** @type {Record<number, 'sigpnd'|'shdpnd'|'sigblk'|'sigign'|'sigcgt'>} */ ({
  [Fact.SIGPND]: 'sigpnd', [Fact.SHDPND]: 'shdpnd', [Fact.SIGBLK]: 'sigblk', [Fact.SIGIGN]: 'sigign', [Fact.SIGCGT]: 'sigcgt',
})

/** @param {any} header @returns {State} */
export function initial(header) {
  const { procs, parts } = header.scene
  const seen = /** @type {Record<string, number>} */ ({})
  return {
    seq: 0, at: 0, mode: header.mode ?? 0, pace: header.pace ?? 0, sample: 1, lost: 0, dropped: 0, now: null,
    updates: parts.some((/** @type {any} */ p) => p.holds === 'updates'), settings: { ...header.settings }, knobs: (header.mechanism?.knobs ?? []).map((/** @type {any} */ k) => k.name),
    procs: procs.map((/** @type {any} */ p, /** @type {number} */ i) => ({
      role: p.role, kind: p.kind, group: p.group, index: (seen[p.group] = (seen[p.group] ?? -1) + 1),
      hue: hues[i % 4], stripe: i % 8 > 3, letter: letter(i), pid: 0, st: 'none', kstate: '', wait: 0, waitPart: 0, asleep: false, wchan: '',
      gate: 0, lastGate: 0, killed: false, since: 0, call: null, lastMsg: 0, slept: 0, reg: null, round: 0, fds: [], maps: {},
      n: { calls: 0, sent: 0, received: 0, bytesSent: 0, bytesReceived: 0, errors: 0 },
      masks: { sigpnd: 0n, shdpnd: 0n, sigblk: 0n, sigign: 0n, sigcgt: 0n }, masksAt: 0, sigq: null, switches: null, io: null, cpu: 0, exit: null, locks: [], handler: null,
    })),
    parts: parts.map((/** @type {any} */ p) => ({
      id: p.id, type: p.type, cap: p.cap ?? 0, off: p.off === true, holds: p.holds ?? '', level: 0, kernel: -1, kernelAt: 0, agrees: null, sleepers: [],
      ...(p.type === 'pipe' ? pipe(header, p) : memory(p)),
    })),
  }
}

/** A … Z, then A1 … @param {number} i */
const letter = i => String.fromCharCode(65 + (i % 26)) + (i < 26 ? '' : Math.floor(i / 26))

/**
 * A copy that may be folded on. Events are never changed, so they are shared.
 * @template T @param {T} s @returns {T}
 */
export function clone(s) {
  if (typeof s !== 'object' || s === null || s instanceof Uint8Array) return s
  if (Array.isArray(s)) {
    const a = new Array(s.length)
    for (let i = 0; i < s.length; i++) a[i] = clone(s[i])
    return /** @type {any} */ (a)
  }
  const o = /** @type {any} */ ({})
  for (const k in s) o[k] = k === 'now' ? s[k] : clone(s[k])
  return o
}

/**
 * Takes one event into the state.
 * @param {State} s changed
 * @param {Event} e
 */
export function fold(s, e) {
  s.seq = e.seq
  s.at = e.at + e.dur
  const q = s.procs[e.proc - 1]
  const p = s.parts[e.part - 1]
  if (e.kind === Kind.STATE) return fact(s, e, q, p)
  if (e.kind === Kind.KNOB) {
    const name = s.knobs[e.want]
    if (name !== undefined) s.settings[name] = e.level
    return
  }
  if (e.kind === Kind.LOST) {
    if (e.ret) s.dropped += e.level
    else s.lost += e.level
    doubt(s)
    return
  }
  if (!(e.kind === Kind.STORE && p?.holds === '' && p.type === 'word' && s.updates)) s.now = e // a worker's own count is bookkeeping
  const back = e.kind === Kind.BLOCK && q !== undefined && returns(q, e)
  if (q) process(s, e, q, p, back)
  if (p) part(s, e, q, p, back)
}

/**
 * A call whose work is to sleep, such as FUTEX_WAIT, is told twice as `block`: when it
 * falls asleep, and as the call's own record when it has returned.
 * @param {ProcState} q @param {Event} e
 */
const returns = (q, e) => e.dur > 0 || (e.flags & Flag.STOPPED) !== 0 || (q.asleep && q.call !== null && q.call.kind === Kind.BLOCK && q.call.at === e.at)

/** @param {State} s @param {Event} e @param {ProcState} q @param {any} p @param {boolean} back */
function process(s, e, q, p, back) {
  const end = e.at + e.dur
  switch (e.kind) {
    case Kind.SPAWN:
      q.pid = e.ret
      q.kstate = 'R'
      break
    case Kind.EXIT:
      q.exit = e.ret < 0 ? { code: 0, signal: -e.ret } : { code: e.ret, signal: 0 }
      q.kstate = 'X'
      q.gate = 0
      if (q.call && !q.call.done) q.call.unknown = true
      for (const x of s.parts) if (x.in === q.role) signalsGone(x)
      awake(s, e.proc, q, end)
      break
    case Kind.BLOCK:
      if (back) {
        q.n.calls++
        done(q, e)
        awake(s, e.proc, q, end)
        break
      }
      q.call = callOf(e, false)
      q.asleep = true
      q.gate = 0
      if (p && !p.sleepers.includes(e.proc)) p.sleepers.push(e.proc)
      break
    case Kind.WAKE:
      if (p && wakes(p, e)) {
        q.n.calls++
        done(q, e)
      } else awake(s, e.proc, q, end)
      break
    case Kind.FAULT:
      if (e.want === 9) q.killed = true
      break
    default:
      if (e.flags & Flag.HANDLER) { // the main program is elsewhere, perhaps asleep
        if (e.kind === Kind.DELIVER) q.handler = { runs: (q.handler?.runs ?? 0) + 1, signo: e.want, at: e.at }
        if (e.kind === Kind.DELIVER) q.n.received++
        return
      }
      counts(q, e, p)
      done(q, e)
      q.wait = 0
      awake(s, e.proc, q, end)
      register(q, e, p)
  }
  show(q, e.kind === Kind.BLOCK && !back ? e.at : end)
}

/** @param {ProcState} q @param {Event} e */
function done(q, e) {
  q.call = callOf(e, true)
  if (q.lastGate > q.round) q.round = q.lastGate
}

/** @param {Event} e @param {boolean} done */
const callOf = (e, done) => ({
  kind: e.kind, call: e.call, part: e.part, want: e.want, msg: e.msg, at: e.at, dur: e.dur, ret: e.ret, flags: e.flags, data: value(e.data), done,
  open: !done, unknown: (e.flags & Flag.OPEN) !== 0, error: done && e.ret < 0 ? -e.ret : 0,
})

/** @param {State} s @param {number} proc @param {ProcState} q @param {number} at */
function awake(s, proc, q, at) {
  if (!q.asleep) return
  q.asleep = false
  q.wait = 0
  q.slept = Math.max(0, at - q.since)
  leave(s, proc)
}

/** Takes a process out of the queue in which it sleeps. @param {State} s @param {number} proc */
function leave(s, proc) {
  for (const p of s.parts) p.sleepers = p.sleepers.filter((/** @type {number} */ n) => n !== proc)
}

/** @param {ProcState} q @param {Event} e @param {any} p */
function counts(q, e, p) {
  const n = q.n
  if ((e.flags & Flag.SETTLES) === 0) n.calls++
  if (e.ret < 0) {
    n.errors++
    return
  }
  if (e.flags & Flag.OPEN) return
  if (e.msg) q.lastMsg = e.msg
  if (e.kind === Kind.SEND) {
    n.sent++
    n.bytesSent += e.ret
  } else if (e.kind === Kind.RECV) {
    if (e.ret > 0) n.received++
    n.bytesReceived += e.ret
  } else if (e.kind === Kind.STORE) {
    if (p?.holds === 'items' && !value(e.data)) n.received++
    else if (p?.holds === 'updates' || p?.holds === 'items') n.sent++
  } else if (e.kind === Kind.SIGNAL && e.want > 0) n.sent++
  else if (e.kind === Kind.DELIVER) n.received++
}

/** @param {ProcState} q @param {Event} e @param {any} p */
function register(q, e, p) {
  if (e.kind === Kind.LOAD && p?.type === 'word') q.reg = { value: value(e.data), from: 'load', at: e.at, part: e.part, seen: value(e.data) }
  if (e.kind !== Kind.STORE) return
  if (!e.part) q.reg = { value: value(e.data), from: 'add', at: e.at, part: q.reg?.part ?? 0, seen: q.reg?.seen ?? null }
  else if (p?.type === 'word' && q.reg && q.reg.part === e.part) q.reg = { ...q.reg, from: 'store', at: e.at }
}

/** What the card of a process shows. @param {ProcState} q @param {number} at */
function show(q, at) {
  const sleeps = q.kstate === 'S' && [Wait.NONE, Wait.SLEEP, Wait.GATE, Wait.OTHER].every(w => w !== q.wait)
  const st = q.exit ? 'gone' : !q.pid && !q.call ? 'none' : q.kstate === 'Z' ? 'zombie' : q.kstate === 'T' ? 'stopped' :
    q.gate !== 0 ? 'held' : q.asleep || sleeps ? 'blocked' : 'running'
  if (st === q.st) return
  q.st = st
  q.since = at
}

/** @param {State} s @param {Event} e @param {ProcState|undefined} q @param {any} p @param {boolean} back */
function part(s, e, q, p, back) {
  if (e.kind !== Kind.DELIVER && p.deliverNow) p.deliverNow = null
  switch (e.kind) {
    case Kind.SEND: if (p.type === 'pipe') pipeSend(p, e); break
    case Kind.RECV: if (p.type === 'pipe') pipeRecv(p, e); break
    case Kind.BLOCK: if (p.type === 'pipe' && !back && q && writes(q)) pipeBlock(p, e); break
    case Kind.LOAD: case Kind.STORE: if (!(e.flags & Flag.OPEN)) loadStore(p, e, q); break
    case Kind.LOCK: case Kind.UNLOCK: lock(p, e, s.procs); break
    case Kind.SIGNAL: signalSent(p, e); break
    case Kind.DELIVER: signalTaken(p, e); break
  }
  if (e.flags & Flag.OWNERDIED && p.type === 'futex' && e.kind === Kind.LOCK) p.ownerDied = true
  if (e.level >= 0) level(s, e, p)
}

/** Whether it sleeps to give, not to take. @param {ProcState} q */
export const writes = q => q.group === 'giver' || (q.group === 'peer' && q.call?.call === 2)

/** @param {State} s @param {Event} e @param {any} p */
function level(s, e, p) {
  p.kernel = e.level
  p.kernelAt = e.at + e.dur
  // At full speed the kernel is asked while others go on, and after a write the reader
  // may have been faster: then the level belongs to no moment of the picture.
  if (p.type === 'pipe') pipeLevel(p, e.level, s.mode !== Mode.FULL && e.kind !== Kind.SEND)
  else if (e.kind === Kind.STATE) memoryLevel(p, e.level, s.procs, s.sample === 1 && s.mode !== Mode.FULL)
}

/** Not every record is here: what the parts hold is no longer known from them. @param {State} s */
function doubt(s) {
  for (const q of s.procs) q.reg = null
  for (const p of s.parts) {
    if (p.type !== 'pipe') forget(p)
    else if (p.sure) unsure(p)
  }
}

/** @param {State} s @param {Event} e @param {ProcState|undefined} q @param {any} p */
function fact(s, e, q, p) {
  switch (e.call) {
    case Fact.MODE:
      s.mode = e.ret
      s.pace = e.level / 1000
      return
    case Fact.SAMPLE:
      s.sample = Math.max(1, e.level)
      if (s.sample > 1) doubt(s)
      return
    case Fact.LEVEL: if (p) level(s, e, p); return
    case Fact.CAPACITY: if (p && e.level > 0) p.type === 'pipe' ? pipeCapacity(p, e.level) : (p.cap = e.level)
      else if (p?.type === 'page') doubt(s) // nothing is left of what was in it
      return
    case Fact.EXISTS: if (p) p.exists = e.level === 1; return
    case Fact.ATTACHED: if (p) p.attached = e.level + (e.ret ? ', dest' : ''); return
    case Fact.AGREES:
      if (!p) return
      p.agrees = e.ret === 1
      p.kernel = e.level
      p.kernelAt = e.at + e.dur
      return
  }
  if (!q) return
  switch (e.call) {
    case Fact.STATE:
      q.kstate = String.fromCharCode(e.data[0] || 32).trim()
      q.wait = e.data[1] ?? 0
      q.waitPart = e.part
      // A stop breaks the sleep; gone on, it makes the call anew and sleeps behind the others.
      if (q.kstate === 'T') leave(s, e.proc)
      else if (q.asleep && q.kstate === 'S' && p && !p.sleepers.includes(e.proc)) p.sleepers.push(e.proc)
      break
    case Fact.GATE:
      if (q.exit) break
      q.gate = e.ret
      if (e.ret > 0) {
        q.round = e.ret - 1
        q.lastGate = 0
        awake(s, e.proc, q, e.at)
      } else if (e.ret === 0) q.lastGate = q.round + 1
      break
    case Fact.FD: q.fds = [...q.fds.filter(f => f.fd !== e.ret), { fd: e.ret, part: e.part, how: e.want }].sort((a, b) => a.fd - b.fd); break
    case Fact.MAP: q.maps[e.part] = e.level; break
    case Fact.SIGPND: case Fact.SHDPND: case Fact.SIGBLK: case Fact.SIGIGN: case Fact.SIGCGT: {
      const name = maskNames[e.call]
      if (name) q.masks[name] = BigInt(value(e.data))
      if (name === 'sigblk') q.masksAt = e.at
      break
    }
    case Fact.SIGQ: q.sigq = [e.ret, e.level]; break
    case Fact.IO: q.io = [e.ret, e.level]; break
    case Fact.SWITCHES: q.switches = [e.ret, e.level]; break
    case Fact.CPU: q.cpu = e.level; break
    case Fact.WCHAN: {
      let text = ''
      for (const c of e.data) if (c >= 32 && c < 127) text += String.fromCharCode(c)
      q.wchan = e.want === 0 ? text : q.wchan.slice(0, e.want) + text
    }
  }
  show(q, e.at)
}

