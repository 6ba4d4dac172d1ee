// @ts-check
// Events for tests, written like a story and true to lab/event.go:
//
//	script(header).spawn(1, 4711).send(1, 'pipe', 4096).block(1, 'pipe', 4096).events

import { Call, EVENT_SIZE, Fact, FRAME_HEADER, FRAME_RECORDS, FRAME_VERSION, Flag, Kind } from '#ipclab/event.js'

/** @typedef {import('#ipclab/event.js').Event} Event */

/** @param {number|bigint} n */
export function u64(n) {
  const b = new Uint8Array(8)
  new DataView(b.buffer).setBigUint64(0, BigInt(n), true)
  return b
}

export class Script {
  /** @param {any} header */
  constructor(header) {
    this.header = header
    /** @type {Event[]} */
    this.events = []
    this.t = 0
    this.step = 1000 // ns between two events
    this.flags = 0 // of all events that follow
    /** @type {Record<number, number>} */
    this.sent = {}
  }

  /** @param {Partial<Event>} e */
  add(e) {
    this.t += this.step
    this.events.push({ seq: this.events.length + 1, at: this.t, dur: 0, msg: 0, want: 0, ret: 0, level: -1, data: new Uint8Array(8), kind: 0, call: 0, proc: 0, part: 0, ...e, flags: this.flags | (e.flags ?? 0) })
    return this
  }

  /** @param {string} id */
  part(id) {
    const i = this.header.scene.parts.findIndex((/** @type {any} */ p) => p.id === id)
    if (i < 0) throw new Error(`no part ${id}`)
    return i + 1
  }

  /** The next message of a process. @param {number} proc */
  next(proc) {
    this.sent[proc] = (this.sent[proc] ?? 0) + 1
    return proc * 2 ** 40 + this.sent[proc]
  }

  /** @param {number} proc */
  last(proc) {
    return proc * 2 ** 40 + (this.sent[proc] ?? 0)
  }

  /** @param {number} ns */
  wait(ns) {
    this.t += ns
    return this
  }

  /** @param {number} proc @param {number} pid */
  spawn(proc, pid) { return this.add({ kind: Kind.SPAWN, proc, ret: pid }) }
  /** @param {number} proc @param {number} ret */
  exit(proc, ret) { return this.add({ kind: Kind.EXIT, proc, ret }) }
  /** @param {number} proc @param {string} part @param {number} want @param {Partial<Event>} [more] */
  send(proc, part, want, more = {}) { return this.add({ kind: Kind.SEND, call: Call.WRITE, proc, part: this.part(part), want, ret: want, msg: more.msg ?? this.next(proc), dur: 700, ...more }) }
  /** @param {number} proc @param {string} part @param {number} want @param {Partial<Event>} [more] */
  recv(proc, part, want, more = {}) { return this.add({ kind: Kind.RECV, call: Call.READ, proc, part: this.part(part), want, ret: want, dur: 1900, ...more }) }
  /** @param {number} proc @param {string} part @param {number} want @param {Partial<Event>} [more] */
  block(proc, part, want, more = {}) { return this.add({ kind: Kind.BLOCK, call: Call.WRITE, proc, part: this.part(part), want, ...more }) }
  /** @param {number} proc @param {string} part @param {Partial<Event>} [more] */
  wake(proc, part, more = {}) { return this.add({ kind: Kind.WAKE, call: Call.WRITE, proc, part: this.part(part), ...more }) }
  /** @param {number} proc @param {string} part @param {number|bigint} value @param {Partial<Event>} [more] */
  load(proc, part, value, more = {}) { return this.add({ kind: Kind.LOAD, proc, part: this.part(part), data: u64(value), ...more }) }
  /** @param {number} proc @param {string} part '' is the register @param {number|bigint} value @param {Partial<Event>} [more] */
  store(proc, part, value, more = {}) { return this.add({ kind: Kind.STORE, proc, part: part ? this.part(part) : 0, data: u64(value), ...more }) }
  /** @param {number} proc @param {string} part @param {number} found @param {number} ret @param {Partial<Event>} [more] */
  lock(proc, part, found, ret, more = {}) { return this.add({ kind: Kind.LOCK, proc, part: this.part(part), data: u64(found), ret, ...more }) }
  /** @param {number} proc @param {string} part @param {number} left @param {Partial<Event>} [more] */
  unlock(proc, part, left, more = {}) { return this.add({ kind: Kind.UNLOCK, proc, part: this.part(part), data: u64(left), ...more }) }
  /** @param {number} proc @param {string} part @param {number} signo @param {number} [value] @param {Partial<Event>} [more] */
  signal(proc, part, signo, value = 0, more = {}) { return this.add({ kind: Kind.SIGNAL, call: value ? Call.RT_SIGQUEUEINFO : Call.KILL, proc, part: this.part(part), want: signo, data: u64(value), msg: this.next(proc), ...more }) }
  /** @param {number} proc @param {string} part @param {number} signo @param {number} [value] @param {Partial<Event>} [more] */
  deliver(proc, part, signo, value = 0, more = {}) { return this.add({ kind: Kind.DELIVER, call: Call.RT_SIGTIMEDWAIT, proc, part: this.part(part), want: signo, ret: signo, data: u64(value), ...more }) }
  /** @param {number} proc @param {number} signo */
  fault(proc, signo) { return this.add({ kind: Kind.FAULT, proc, want: signo, flags: Flag.USER }) }
  /** @param {number} fact @param {Partial<Event>} more */
  fact(fact, more) { return this.add({ kind: Kind.STATE, call: fact, ...more }) }
  /** @param {number} proc @param {string} state @param {number} [wait] @param {string} [part] */
  state(proc, state, wait = 0, part = '') { return this.fact(Fact.STATE, { proc, part: part ? this.part(part) : 0, data: Uint8Array.of(state.charCodeAt(0), wait, 0, 0, 0, 0, 0, 0) }) }
  /** @param {number} proc @param {number} ret */
  gate(proc, ret) { return this.fact(Fact.GATE, { proc, ret }) }
  /** @param {number} proc @param {string} part @param {number} fd @param {number} how */
  fd(proc, part, fd, how) { return this.fact(Fact.FD, { proc, part: this.part(part), ret: fd, want: how }) }
  /** @param {number} proc @param {string} part @param {number} at */
  map(proc, part, at) { return this.fact(Fact.MAP, { proc, part: this.part(part), level: at }) }
  /** @param {string} part @param {number} level */
  level(part, level) { return this.fact(Fact.LEVEL, { part: this.part(part), level }) }
  /** @param {string} part @param {boolean} yes @param {number} level @param {number} [by] */
  agrees(part, yes, level, by = 0) { return this.fact(Fact.AGREES, { part: this.part(part), ret: yes ? 1 : 0, level, want: by }) }
  /** @param {number} mode @param {number} [pace] */
  mode(mode, pace = 0) { return this.fact(Fact.MODE, { ret: mode, level: pace * 1000 }) }
  /** @param {number} n */
  lost(n) { return this.add({ kind: Kind.LOST, level: n }) }
}

/** @param {any} header */
export const script = header => new Script(header)

/** The bytes of a frame of records. @param {Event[]} events @param {number} [epoch] @param {number} [dropped] */
export function frameBytes(events, epoch = 1, dropped = 0) {
  const v = new DataView(new ArrayBuffer(FRAME_HEADER + events.length * EVENT_SIZE))
  v.setUint8(0, FRAME_RECORDS)
  v.setUint8(1, FRAME_VERSION)
  v.setUint32(4, epoch, true)
  v.setBigUint64(8, BigInt(events[0]?.seq ?? 0), true)
  v.setUint32(16, events.length, true)
  v.setUint32(20, events.length * EVENT_SIZE, true)
  v.setBigUint64(24, BigInt(dropped), true)
  events.forEach((e, i) => {
    const at = FRAME_HEADER + i * EVENT_SIZE
    v.setBigUint64(at, BigInt(e.seq), true)
    v.setBigInt64(at + 8, BigInt(e.at), true)
    v.setBigInt64(at + 16, BigInt(e.dur), true)
    v.setBigUint64(at + 24, BigInt(e.msg), true)
    v.setUint32(at + 32, e.want, true)
    v.setInt32(at + 36, e.ret, true)
    v.setBigInt64(at + 40, BigInt(e.level), true)
    new Uint8Array(v.buffer, at + 48, 8).set(e.data)
    v.setUint8(at + 56, e.kind)
    v.setUint8(at + 57, e.call)
    v.setUint16(at + 58, e.flags, true)
    v.setUint16(at + 60, e.proc, true)
    v.setUint16(at + 62, e.part, true)
  })
  return v.buffer
}

/** A header of a run of pipes. @param {number} writers @param {number} readers @param {Record<string, any>} [more] */
export function pipeHeader(writers, readers, more = {}) {
  const role = (/** @type {string} */ kind, /** @type {number} */ i, /** @type {number} */ n) => (n > 1 ? kind + (i + 1) : kind)
  const w = Array.from({ length: writers }, (_, i) => ({ role: role('writer', i, writers), kind: 'writer', group: 'giver', gates: ['write'] }))
  const r = Array.from({ length: readers }, (_, i) => ({ role: role('reader', i, readers), kind: 'reader', group: 'taker', gates: ['read'] }))
  return {
    type: 'scene', run: 'abcdefgh', epoch: 1, start: 0, mode: 1, pace: 0, seed: 7, page: 4096, lines: {}, kernel: 'Linux', settings: {},
    mechanism: { id: 'pipe', title: 'Pipe', family: 'Pipes and FIFOs', knobs: [], experiments: [], source: '', page: '' },
    scene: {
      procs: [...w, ...r], parts: [{ id: 'pipe', type: 'pipe', object: 'pipe:[58231]', cap: 65536, holds: 'bytes', law: 'bytes', offset: 0 }],
      wires: [...w.map(p => ({ from: p.role, to: 'pipe', as: 'copy' })), ...r.map(p => ({ from: 'pipe', to: p.role, as: 'copy' }))],
    },
    role: 'presenter', viewers: 1, ...more,
  }
}

/** A header of shared memory: counter, lock, own counts and a record. @param {number} workers @param {{lock?: boolean, record?: boolean}} [o] */
export function shmHeader(workers, o = {}) {
  const procs = Array.from({ length: workers }, (_, i) => ({ role: 'worker' + (i + 1), kind: 'worker', group: 'peer', gates: o.lock ? ['try', 'sleep', 'load', 'add', 'store', 'wake'] : ['load', 'add', 'store'] }))
  const parts = [
    { id: 'page', type: 'page', object: 'memfd:ipclab', cap: 4096, offset: 0 },
    { id: 'counter', type: 'word', object: '', in: 'page', offset: 0, size: 8, law: 'value', holds: 'updates' },
    { id: 'lock', type: 'futex', object: '', in: 'page', offset: 64, size: 4, off: !o.lock },
    ...procs.map((_, i) => ({ id: 'own' + (i + 1), type: 'word', object: '', in: 'page', offset: 128 + 8 * i, size: 8 })),
    ...(o.record ? [{ id: 'record', type: 'record', object: '', in: 'page', offset: 256, size: 64 }] : []),
  ]
  return { ...pipeHeader(1, 1), mechanism: { id: 'shm', title: 'Shared memory', family: 'Shared memory', knobs: [], experiments: [], source: '', page: '' },
    scene: { procs, parts, wires: procs.map(p => ({ from: p.role, to: 'page', as: 'map' })) } }
}

/** A header of workers with a page each. @param {number} workers */
export function copiesHeader(workers) {
  const h = shmHeader(workers)
  const parts = h.scene.procs.flatMap((_, i) => [{ id: 'page' + (i + 1), type: 'page', object: 'memfd:ipclab', title: 'page of worker' + (i + 1), cap: 4096, offset: 0 }, { id: 'x' + (i + 1), type: 'word', title: 'x', object: '', in: 'page' + (i + 1), offset: 0, size: 8, law: 'value', holds: 'additions' }])
  return { ...h, scene: { procs: h.scene.procs, parts, wires: h.scene.procs.map((p, i) => ({ from: p.role, to: 'page' + (i + 1), as: 'map' })) } }
}

/** A header of signals from one process to another. */
export function signalsHeader(handler = false) {
  const procs = [{ role: 'sender', kind: 'sender', group: 'giver', gates: ['send'] }, { role: 'receiver', kind: 'receiver', group: 'taker', gates: handler ? ['test', 'pause'] : ['take'] }]
  const flag = { id: 'flag', type: 'word', object: '', in: 'receiver', size: 8, law: 'value', offset: 0 }
  return { ...pipeHeader(1, 1), mechanism: { id: 'signals', title: 'Signals', family: 'Signals', knobs: [], experiments: [], source: '', page: '' },
    scene: { procs, parts: [{ id: 'signals', type: 'signals', object: '', in: 'receiver', cap: 64, law: 'count', offset: 0 }, ...(handler ? [flag] : [])], wires: [{ from: 'sender', to: 'signals', as: 'raise' }, { from: 'signals', to: 'receiver', as: 'raise' }] } }
}
