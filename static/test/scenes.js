// @ts-check
// Moments worth looking at, for the check of the drawn stage in a browser.

import { Call, Fact, Flag, Mode, Wait } from '#ipclab/event.js'
import { pipeHeader, script, shmHeader, signalsHeader, u64 } from './script.js'

/** The signal came after the test of the flag. */
function lostWakeUp() {
  const sc = begin(signalsHeader(true), Mode.STEP)
  sc.gate(1, 1).gate(2, 1).gate(2, 0).load(2, 'flag', 0).gate(2, 2).signal(1, 'signals', 10).gate(1, 1)
  sc.deliver(2, 'signals', 10, 0, { call: Call.NONE, flags: Flag.HANDLER }).store(2, 'flag', 1, { flags: Flag.HANDLER, ret: 8 })
  return sc.gate(2, 0).block(2, 'signals', 0, { call: Call.PAUSE, data: u64(BigInt(Wait.PAUSE)) }).state(2, 'S', Wait.PAUSE, 'signals')
}

/** @param {any} header @param {number} mode */
function begin(header, mode) {
  header.mode = mode
  const sc = script(header)
  sc.flags = mode === Mode.FULL ? 0 : Flag.PACED
  header.scene.procs.forEach((/** @type {any} */ _, /** @type {number} */ i) => sc.spawn(i + 1, 104711 + i))
  return sc.mode(mode, 2)
}

/** A pipe that was full, from which one page was taken. @param {number} writers @param {number} readers @param {number} [mode] */
function pipe(writers, readers, mode = Mode.STEP) {
  const sc = begin(pipeHeader(writers, readers), mode)
  sc.fd(1, 'pipe', 4, 2).fd(writers + 1, 'pipe', 3, 1)
  for (let i = 0; i < 16; i++) sc.send(1 + (i % writers), 'pipe', 4096)
  for (let i = 1; i <= writers + readers; i++) sc.gate(i, 1)
  for (let i = Math.min(3, writers); i <= writers; i++) sc.gate(i, 0).block(i, 'pipe', 4096, { msg: sc.next(i) })
  return sc.wait(2.1e9).gate(writers + 1, 0).recv(writers + 1, 'pipe', 4096, { msg: 2 ** 40 + 1, level: 61440 })
}

/** @param {number} n */
function lostUpdate(n) {
  const sc = begin(shmHeader(n), Mode.STEP)
  for (let i = 1; i <= n; i++) sc.map(i, 'page', 0x7f3a00002000 + i * 0x1000000).gate(i, 1)
  sc.load(1, 'counter', 7).load(2, 'counter', 7).store(1, '', 8).store(1, 'counter', 8).store(1, 'own1', 3).gate(1, 1).store(2, '', 8)
  return sc.gate(2, 3).gate(2, 0).store(2, 'counter', 8, { flags: Flag.CONFLICT })
}

/** @param {number} n */
function deadOwner(n) {
  const sc = begin(shmHeader(n, { lock: true, record: true }), Mode.STEP)
  sc.lock(1, 'lock', 0, 1).gate(1, 3)
  for (let i = 2; i <= n; i++) sc.lock(i, 'lock', 0x80000000 + 104711, 0).block(i, 'lock', 0, { call: Call.FUTEX, at: 1000 * i })
  for (let k = 0; k < 8; k++) sc.store(1, 'record', 10 + k, { want: 8 * k })
  return sc.fault(1, 9).state(1, 'Z').level('lock', 0xc0000000).block(2, 'lock', 0, { call: Call.FUTEX, at: 2000, dur: 1.6e9 })
}

function signals() {
  const sc = begin(signalsHeader(), Mode.STEP)
  sc.fact(Fact.SIGBLK, { proc: 2, data: u64((1n << 1n) | (1n << 11n) | (63n << 34n)) }).fact(Fact.SIGQ, { proc: 2, ret: 8, level: 64 })
  for (let i = 0; i < 5; i++) sc.signal(1, 'signals', 10)
  ;[38, 36, 40, 35, 39, 37, 36, 38].forEach((n, i) => sc.signal(1, 'signals', n, i + 1))
  return sc.gate(1, 1).deliver(2, 'signals', 10).deliver(2, 'signals', 35, 4)
}

/** @type {Record<string, () => import('./script.js').Script>} */
export const scenes = {
  pipe: () => pipe(1, 1),
  'pipe, small writes': () => {
    const sc = begin(pipeHeader(1, 1), Mode.STEP)
    for (const n of [100, 100, 3000, 1000, 5000, 200, 4096, 10, 10]) sc.send(1, 'pipe', n)
    return sc.recv(2, 'pipe', 1500, { msg: 2 ** 40 + 3 })
  },
  'pipe, 1 MiB': () => {
    const h = pipeHeader(1, 1)
    h.scene.parts[0].cap = 1 << 20
    return begin(h, Mode.STEP).send(1, 'pipe', 700000)
  },
  'pipe, wrong': () => pipe(1, 1).agrees('pipe', false, 57344, 4096),
  'pipe, records lost': () => pipe(1, 1).lost(40).level('pipe', 20480),
  'pipe, dead': () => pipe(2, 1).fault(1, 9).exit(1, -9).state(2, 'Z').fault(3, 19).state(3, 'T'),
  ...Object.fromEntries([[2, 1], [2, 2], [4, 3], [8, 8]].map(([w, r]) => [`pipe ${w} ${r}`, () => pipe(w ?? 1, r ?? 1, Mode.SLOW)])),
  ...Object.fromEntries([2, 3, 6, 8].map(n => [`lost update, ${n}`, () => lostUpdate(n)])),
  ...Object.fromEntries([3, 4, 8].map(n => [`dead owner, ${n}`, () => deadOwner(n)])),
  signals,
  'lost wake-up': lostWakeUp,
  'full speed': () => begin(pipeHeader(1, 1), Mode.FULL).send(1, 'pipe', 512),
  'full speed 4 3': () => begin(pipeHeader(4, 3), Mode.FULL).send(1, 'pipe', 512),
}

/** Two seconds of aggregates. @param {any} header */
export function aggregates(header) {
  const { procs, parts } = header.scene
  return Array.from({ length: 60 }, (_, i) => {
    const n = 640212 * (i / 30)
    return {
      at: 1e9 + (i * 1e9) / 30, span: 33e6, recorded: n, dropped: 0, seq: n, sample: 64, latency: new Uint32Array(40),
      procs: procs.map((/** @type {any} */ p) => ({
        sent: p.group === 'taker' ? 0 : n, received: p.group === 'taker' ? n : 0, bytesSent: p.group === 'taker' ? 0 : n * 512, bytesReceived: p.group === 'taker' ? n * 512 : 0,
        calls: n, errors: 0, p50: 710, p99: 4000, onCPU: 800, waits: 100, state: 'R', wait: 0, switches: 40,
      })),
      parts: parts.map(() => ({ now: 30720, cap: 65536, min: 4096, mean: 31744, max: 65536, low: 20480, high: 44032, full: 190 })),
    }
  })
}

/** A frame at the last event. @param {import('./script.js').Script} sc @param {any} trace @param {number} u */
export function frameOf(sc, trace, u = 1) {
  const full = sc.header.mode === Mode.FULL
  if (full) for (const a of aggregates(sc.header)) trace.aggregate(a)
  return {
    header: sc.header, trace, index: trace.length - 1, state: trace.state(trace.length - 1), t: trace.last, live: true, behind: 0, mode: sc.header.mode, playing: false,
    selected: 0, aggregate: full ? trace.aggregates.at(-1) : null, theme: 'light', present: false, speed: 1, role: 'presenter', u,
  }
}

