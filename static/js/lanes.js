// @ts-check
// What a timeline shows, worked out from the trace alone: positions along an axis,
// no pixels and no nodes.

import { isAct, isNote, isOp, modeOf } from '#ipclab/axis.js'
import { Call, callNames, Flag, Kind } from '#ipclab/event.js'
import { clone, fold } from '#ipclab/fold.js'
import { callText, errnoName, formatSpan, messageName, signalName } from '#ipclab/words.js'

/** @typedef {import('#ipclab/event.js').Event} Event */
/** @typedef {import('#ipclab/trace.js').Trace} Trace */
/** @typedef {import('#ipclab/axis.js').Axis} Axis */
/** @typedef {{a: number, b: number, k: string, t: string, hue: string, i: number, from?: number}} Item */
/** @typedef {{proc: number, name: string, hue: string, stripe: boolean, items: Item[]}} Lane */
/** @typedef {{id: string, type: string, cap: number, hue: string, n: number, steps: {u: number, v: number, t: string}[], due: {u: number, v: number, was: number}|null}} PartLane */
/** @typedef {Item & {part: number, value: string, hit: Item|null}} Load a value that was loaded, until something is stored there */
/** @typedef {{u: number, lane: number, t: string, bad: boolean, i: number}} Mark */

const BEFORE = 200 // events before the axis that are looked at, for what began there

/** @param {any} p a process of the state */
const showsAs = p => (['blocked', 'stopped', 'zombie', 'held'].includes(p.st) ? p.st : '')

/**
 * The lanes of all processes and the important parts over an axis.
 * @param {Trace} trace @param {any} header @param {Axis} axis @param {number} first index of the event before the axis
 */
export function lanesOf(trace, header, axis, first) {
  const start = Math.max(0, first - BEFORE)
  const s = clone(trace.state(start))
  const many = s.procs.length > 2
  /** @type {Lane[]} */
  const lanes = s.procs.map((/** @type {any} */ p, /** @type {number} */ i) => ({
    proc: i + 1, name: s.procs.length > 4 ? p.letter : p.role, hue: p.hue, stripe: p.stripe, items: [],
  }))
  /** @type {PartLane[]} */
  const parts = partsShown(header.scene.parts, s.procs.length).map(i => {
    const p = header.scene.parts[i]
    const givers = s.procs.filter((/** @type {any} */ q) => q.group === 'giver')
    return { id: p.id, n: i, type: p.type, cap: s.parts[i].cap, hue: givers.length === 1 ? givers[0].hue : '', steps: [levelOf(s.parts[i], axis.from)], due: null }
  })
  /** @type {Mark[]} */
  const marks = []
  /** @type {{u: number, w: number, n: number, why: number}[]} why: as in Trace.gap; 0: lost */
  const holes = []
  /** @type {{st: string, a: number, ns: number, call: string}[]} */
  const open = s.procs.map((/** @type {any} */ p) => ({ st: showsAs(p), a: axis.from, ns: p.since, call: callOf(p) }))
  /** @type {Map<number, Load>} */
  const loads = new Map()
  const close = (/** @type {number} */ p, /** @type {number} */ u, /** @type {number} */ ns) => {
    const o = /** @type {any} */ (open[p])
    if (o.st && u > o.a) lanes[p]?.items.push({ a: o.a, b: u, k: o.st, t: segmentText(o.st, o.call, axis.kind === 'time' ? ns - o.ns : -1), hue: s.procs[p].hue, i: -1 })
  }
  let last = axis.from
  let acted = start > 0
  for (let i = start + 1; i < Math.min(trace.length, axis.stop); i++) {
    const e = trace.at(i)
    let [a, b] = axis.pos(e)
    if (a > axis.to && isAct(e)) break
    const before = Number(s.parts[e.part - 1]?.value ?? 0)
    fold(s, e)
    const p = e.proc - 1
    const lane = lanes[p]
    if (lane && p < open.length) {
      const o = /** @type {any} */ (open[p])
      const st = showsAs(s.procs[p])
      const end = Math.max(o.a, axis.kind === 'ops' || e.kind === Kind.BLOCK ? a : b)
      if (st !== o.st || (e.kind === Kind.BLOCK && o.st === 'blocked')) {
        close(p, end, e.at + e.dur)
        const begun = axis.kind === 'ops' && e.kind === Kind.BLOCK ? a + 0.06 : end
        open[p] = { st, a: begun, ns: e.kind === Kind.BLOCK ? e.at : e.at + e.dur, call: callOf(s.procs[p], e) }
      }
      const wakes = e.kind === Kind.WAKE && e.call === Call.FUTEX && o.st !== 'blocked'
      if (axis.kind === 'time' && wakes || axis.shows(e) && e.kind !== Kind.BLOCK) {
        const slept = lane.items.at(-1)
        if (axis.kind === 'time' && slept?.k === 'blocked') a = Math.max(a, Math.min(slept.b, b))
        if (axis.kind === 'ops') [a, b] = [a + 0.06, b - 0.06]
        const giver = many && e.msg && e.kind === Kind.RECV ? s.procs[Math.floor(e.msg / 2 ** 40) - 1]?.hue : ''
        lane.items.push({ a, b, k: e.ret < 0 ? 'failed' : e.flags & Flag.TORN ? 'conflict' : 'op', t: boxText(e, s), hue: giver || lane.hue, i })
        const due = windows(e, s, lane, loads, i, a, b, before)
        const part = parts.find(q => q.n === e.part - 1)
        if (part && due !== null) part.due = due === Number(s.parts[part.n].value) ? null : { u: b, v: due, was: Number(s.parts[part.n].value) }
      }
    }
    acted ||= isOp(e)
    if (e.kind === Kind.FAULT) marks.push({ u: b, lane: Math.max(0, p), t: e.want ? 'SIG' + signalName(e.want) : 'died', bad: false, i })
    if (e.kind === Kind.KNOB) marks.push({ u: b, lane: -1, t: header.mechanism.knobs[e.want]?.label ?? 'knob', bad: false, i })
    if (modeOf(e) >= 0 && acted) marks.push({ u: b, lane: -1, t: ['Full speed', 'Step', 'Slow'][e.ret] ?? '', bad: false, i })
    if (e.kind === Kind.LOST) holes.push({ u: last, w: Math.max(0, a - last), n: e.level, why: e.ret })
    last = Math.max(last, Math.min(b, axis.to))
    for (const part of parts) {
      const now = levelOf(s.parts[part.n], axis.kind === 'ops' && axis.shows(e) ? b : e.kind === Kind.RECV ? b : a)
      const was = /** @type {any} */ (part.steps.at(-1))
      if (now.t !== was.t || now.v !== was.v) part.steps.push({ ...now, u: Math.max(now.u, was.u) })
    }
  }
  for (const l of lanes) l.items = l.items.filter(i => i.b > axis.from)
  for (const p of parts) {
    const begun = p.steps.findLastIndex(x => x.u <= axis.from)
    if (begun > 0) p.steps.splice(0, begun)
  }
  return { lanes, parts, marks, holes, open, state: s, loads: [...loads].map(([p, w]) => ({ p, ...w })) }
}

/**
 * Finds stretches in which a process holds a value that another has replaced. The
 * store that falls into one is marked once the holder has stored over it.
 * @param {Event} e @param {any} s @param {Lane} lane @param {Map<number, Load>} loads @param {number} i @param {number} a @param {number} b
 * @param {number} before the value of the part before this event
 * @returns {number|null} what the part would hold if nothing had been stored over
 */
function windows(e, s, lane, loads, i, a, b, before) {
  if (e.kind === Kind.LOAD && e.part) {
    loads.set(e.proc, { a, b, k: 'window', t: '', hue: lane.hue, i, part: e.part, value: valueText(e.data), hit: null })
  }
  if (e.kind !== Kind.STORE || !e.part) return null
  const item = lane.items.at(-1)
  for (const [proc, w] of loads) {
    if (proc !== e.proc && w.part === e.part && !w.hit && item && valueText(e.data) !== w.value) w.hit = item
  }
  const mine = loads.get(e.proc)
  if (!mine || mine.part !== e.part) return null
  loads.delete(e.proc)
  if (!mine.hit) return null
  mine.hit.k = 'conflict'
  lane.items.unshift({ ...mine, b, t: `${s.procs[e.proc - 1].role} holds the old ${mine.value} all this time` })
  return before + Number(valueText(e.data)) - Number(mine.value)
}

/** @param {Uint8Array} data */
export function valueText(data) {
  return new DataView(data.buffer, data.byteOffset, 8).getBigUint64(0, true).toString()
}

/**
 * What a box of the lane says: as few letters as name the operation.
 * @param {Event} e @param {any} s
 */
export function boxText(e, s) {
  if (e.ret < 0) return errnoName(-e.ret)
  switch (e.kind) {
    case Kind.LOAD: return e.call === Call.WAIT4 && !e.ret ? 'wait4: none' : callNames[e.call] || 'load ' + valueText(e.data)
    case Kind.STORE: return !e.part ? 'add' : callNames[e.call] || 'store ' + valueText(e.data)
    case Kind.LOCK: return e.call === Call.SEMOP ? 'lower' : e.ret || e.call ? 'lock' : 'taken' // a semaphore is lowered
    case Kind.UNLOCK: return e.call === Call.SEMOP ? 'raise' : 'unlock'
    case Kind.WAKE: return 'wake'
    case Kind.SIGNAL:
    case Kind.DELIVER: return !e.want ? (e.kind === Kind.SIGNAL ? '0' : callNames[e.call] ?? '') : e.want >= 32 ? String(e.want) : signalName(e.want)
    case Kind.RECV: if (e.flags & Flag.EOF) return 'EOF'
  }
  return messageName(e.msg, s)
}

/** @param {string} st @param {string} call @param {number} ns */
function segmentText(st, call, ns) {
  const long = ns > 0 ? ' · ' + formatSpan(ns) : ''
  return st === 'blocked' ? `blocked in ${call}${long}` : st === 'stopped' ? 'stopped' + long : st === 'zombie' ? 'zombie' : ''
}

/** @param {any} p @param {Event} [e] */
const callOf = (p, e) => callNames[e?.call && e.kind === Kind.BLOCK ? e.call : p.call?.call ?? Call.NONE] || callText(p)

/** The parts that have a lane of their own: those that are shared. @param {any[]} parts @param {number} procs */
export function partsShown(parts, procs) {
  /** @type {number[]} */
  const shown = []
  parts.forEach((p, i) => {
    if (!p.off && !(p.type === 'pipe' && p.in) && !['page', 'record', 'children'].includes(p.type) && !isNote(p)) shown.push(i)
  })
  return shown.slice(0, procs > 4 ? 1 : 2)
}

/** @param {any} p a part of the state @param {number} u */
function levelOf(p, u) {
  if (p.type === 'word') return { u, v: p.value === null ? null : Number(p.value), t: String(p.value ?? '') }
  if (p.owner !== undefined) return { u, v: p.ownerDied ? p.last || p.owner : p.owner, t: p.ownerDied ? 'died' : '' }
  return { u, v: Number((p.type === 'sem' ? p.value : p.level) ?? 0), t: '' }
}
