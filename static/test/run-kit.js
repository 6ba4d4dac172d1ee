// @ts-check
// Small runs for the tests of the panels: events as the engine records them.

import { Call, Fact, Flag, Kind, Mode, Wait } from '#ipclab/event.js'
import { Trace } from '#ipclab/trace.js'

/** @typedef {import('#ipclab/event.js').Event} Event */

/** @param {number|bigint} v */
export function word(v) {
  const b = new Uint8Array(8)
  new DataView(b.buffer).setBigUint64(0, BigInt(v), true)
  return b
}

/** @param {number} proc @param {number} n */
export const message = (proc, n) => proc * 2 ** 40 + n

/** Events in order, at a time that goes on by wait. */
export class Run {
  /** @type {Event[]} */
  events = []
  t = 0

  /** @param {Partial<Event>} e */
  add(e) {
    this.events.push({
      seq: this.events.length + 1, at: this.t, dur: 0, msg: 0, want: 0, ret: 0, level: -1, data: word(0),
      kind: 0, call: 0, flags: 0, proc: 0, part: 0, ...e,
    })
    return this
  }

  /** @param {number} ns */
  wait(ns) {
    this.t += ns
    return this
  }

  /** @param {number} call @param {Partial<Event>} e */
  fact(call, e) {
    return this.add({ kind: Kind.STATE, call, ...e })
  }

  /** @param {number} proc @param {number} ret */
  gate(proc, ret) {
    return this.fact(Fact.GATE, { proc, ret })
  }

  /** @param {number} proc @param {string} letter @param {number} [wait] @param {number} [part] */
  state(proc, letter, wait = 0, part = 0) {
    const data = word(0)
    data[0] = letter.charCodeAt(0)
    data[1] = wait
    return this.fact(Fact.STATE, { proc, part, data })
  }

  /** @param {number} proc @param {number} pid */
  spawn(proc, pid) {
    return this.add({ kind: Kind.SPAWN, proc, ret: pid })
  }

  /** @param {number} mode */
  mode(mode) {
    return this.fact(Fact.MODE, { ret: mode, level: 1000 })
  }
}

/** @param {Partial<Record<string, any>>} more */
const header = more => ({
  run: 'abcdefgh', epoch: 1, start: 0, wall: '2025-11-18T10:14:00Z', settings: {}, pace: 1, seed: 7, kernel: 'Linux 6.12', cpus: 8, lines: {}, page: 4096, mode: Mode.STEP, ...more,
})

/** A pipe: sixteen writes fill it, the next one sleeps until the reader takes one. @param {number} [mode] */
export function pipe(mode = Mode.STEP) {
  const h = header({
    mode, mechanism: { id: 'pipe', title: 'Anonymous pipe', family: 'Pipes', knobs: [{ name: 'size', label: 'Message size' }], source: 'package pipe\n' },
    scene: {
      procs: [{ role: 'writer', kind: 'writer', group: 'giver', gates: ['write'] }, { role: 'reader', kind: 'reader', group: 'taker', gates: ['read'] }],
      parts: [{ id: 'pipe', type: 'pipe', object: 'pipe:[58231]', cap: 65536, law: 'bytes', holds: 'bytes', offset: 0 }],
      wires: [{ from: 'writer', to: 'pipe', as: 'copy' }, { from: 'pipe', to: 'reader', as: 'copy' }],
    },
  })
  const r = new Run().mode(mode).spawn(1, 4711).spawn(2, 4712).fact(Fact.CAPACITY, { part: 1, level: 65536 })
  r.gate(1, 1).state(1, 'S', Wait.GATE).gate(2, 1).state(2, 'S', Wait.GATE)
  const write = { kind: Kind.SEND, call: Call.WRITE, proc: 1, part: 1, want: 4096, ret: 4096, flags: Flag.PACED }
  for (let n = 1; n <= 16; n++) r.wait(1e9).gate(1, 0).add({ ...write, msg: message(1, n), level: 4096 * n, dur: 6000 }).gate(1, 1)
  r.fact(Fact.LEVEL, { part: 1, level: 65536 }).fact(Fact.AGREES, { part: 1, level: 65536, ret: 1 })
  r.wait(1e9).gate(1, 0)
  const began = r.t
  r.add({ ...write, kind: Kind.BLOCK, ret: 0, msg: message(1, 17) }).state(1, 'S', Wait.PIPE_WRITE, 1)
  r.wait(2e9).gate(2, 0).add({ kind: Kind.RECV, call: Call.READ, proc: 2, part: 1, want: 4096, ret: 4096, msg: message(1, 1), level: 61440, dur: 2000, flags: Flag.PACED }).gate(2, 1)
  r.wait(1e4).add({ ...write, kind: Kind.WAKE, ret: 0, msg: message(1, 17), flags: 0 })
  r.wait(1e4).add({ ...write, msg: message(1, 17), level: 65536, at: began, dur: r.t - began }).gate(1, 1)
  return made(h, r)
}

/** Shared memory: B stores over A's store, in operations 1 to 6. */
export function lostUpdate() {
  const worker = (/** @type {string} */ role) => ({ role, kind: 'worker', group: 'peer', gates: ['load', 'add', 'store'] })
  const h = header({
    mechanism: { id: 'shm', title: 'Shared memory', family: 'Shared memory', knobs: [], source: 'package shm\n' },
    scene: {
      procs: [worker('A'), worker('B')],
      parts: [
        { id: 'page', type: 'page', cap: 4096, object: '/memfd:ipclab', offset: 0 },
        { id: 'counter', type: 'word', in: 'page', offset: 0, size: 8, law: 'value', holds: 'value' },
        { id: 'own1', type: 'word', in: 'page', offset: 128, size: 8 }, { id: 'own2', type: 'word', in: 'page', offset: 136, size: 8 },
      ],
      wires: [],
    },
  })
  const r = new Run().mode(Mode.STEP).spawn(1, 4711).spawn(2, 4712)
  const op = (/** @type {number} */ proc, /** @type {number} */ kind, /** @type {number} */ part, /** @type {number} */ v, flags = 0) =>
    r.wait(1e9).gate(proc, 0).add({ kind, proc, part, data: word(v), dur: 300, flags: flags | Flag.PACED }).gate(proc, 1)
  op(1, Kind.LOAD, 2, 7)
  op(2, Kind.LOAD, 2, 7)
  op(1, Kind.STORE, 0, 8)
  op(1, Kind.STORE, 2, 8)
  op(2, Kind.STORE, 0, 8)
  op(2, Kind.STORE, 2, 8, Flag.CONFLICT)
  return made(h, r)
}

/** @param {any} h @param {Run} r */
export function made(h, r) {
  const trace = new Trace(h)
  trace.push(r.events)
  return { header: h, trace, run: r }
}
