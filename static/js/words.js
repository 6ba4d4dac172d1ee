// @ts-check
// Numbers and events in words. One sentence per event, made here and nowhere else:
// the log, the captions, the announcer and the handouts all say the same.

import { Call, callNames, Fact, Flag, Kind, kindNames, Mode } from '#ipclab/event.js'
import { value } from '#ipclab/fold-memory.js'
import { own } from '#ipclab/layout.js'

/** @typedef {import('#ipclab/event.js').Event} Event */
/** @typedef {import('#ipclab/fold.js').State} State */
/** @typedef {import('#ipclab/fold.js').ProcState} ProcState */
/** @typedef {{who: string, text: string, bold?: string, bad?: boolean}} Sentence bold is a piece of text */

const NB = '\u00a0'

/** @param {number|bigint} n */
export const formatCount = n => String(typeof n === 'number' ? Math.round(n) : n).replace(/\B(?=(\d{3})+(?!\d))/g, NB)

/** @param {number} n */
export const formatBytes = n => formatCount(n) + NB + 'B'

/** Three digits at most. @param {number} x */
const digits = x => (x >= 99.95 ? x.toFixed(0) : x >= 9.995 ? x.toFixed(1) : x.toFixed(2))

/** How long something took. @param {number} ns */
export function formatSpan(ns) {
  const n = Math.abs(ns)
  const [d, unit] = n < 1e3 ? [1, 'ns'] : n < 1e6 ? [1e3, 'µs'] : n < 1e9 ? [1e6, 'ms'] : [1e9, 's']
  if (n >= 120e9) return `${Math.floor(n / 60e9)}${NB}min${NB}${Math.round((n % 60e9) / 1e9)}${NB}s`
  return (d === 1 ? String(Math.round(ns)) : digits(ns / d).replace(/\.0+$/, '')) + NB + unit
}

/** When something happened, since the start of the run. @param {number} ns */
export function formatAt(ns) {
  if (ns < 1e6) return `+${(ns / 1e3).toFixed(1)}${NB}µs`
  if (ns < 1e9) return `+${(ns / 1e6).toFixed(1)}${NB}ms`
  if (ns < 60e9) return `+${(ns / 1e9).toFixed(3)}${NB}s`
  const s = ((ns % 60e9) / 1e9).toFixed(1)
  return `+${Math.floor(ns / 60e9)}:${s.padStart(4, '0')}`
}

/** A rate with its unit chosen: "328 MB/s". @param {number} n bytes a second */
export function formatRate(n) {
  const i = n < 1e3 ? 0 : n < 1e6 ? 1 : n < 1e9 ? 2 : 3
  return digits(n / 1000 ** i).replace(/\.0+$/, '') + NB + (['B', 'kB', 'MB', 'GB'][i] ?? 'B') + '/s'
}

const signals = ['', 'HUP', 'INT', 'QUIT', 'ILL', 'TRAP', 'ABRT', 'BUS', 'FPE', 'KILL', 'USR1', 'SEGV', 'USR2', 'PIPE', 'ALRM', 'TERM', 'STKFLT',
  'CHLD', 'CONT', 'STOP', 'TSTP', 'TTIN', 'TTOU', 'URG', 'XCPU', 'XFSZ', 'VTALRM', 'PROF', 'WINCH', 'IO', 'PWR', 'SYS']

/** USR1, or 35 for a real-time one. @param {number} n */
export const signalName = n => signals[n] || String(n)

const errors = /** @type {Record<number, string>} */ ({
  1: 'EPERM', 3: 'ESRCH', 4: 'EINTR', 9: 'EBADF', 11: 'EAGAIN', 12: 'ENOMEM', 14: 'EFAULT', 16: 'EBUSY', 22: 'EINVAL', 32: 'EPIPE', 34: 'ERANGE',
  43: 'EIDRM', 110: 'ETIMEDOUT', 130: 'EOWNERDEAD', 131: 'ENOTRECOVERABLE',
})

/** @param {number} n */
export const errnoName = n => errors[n] ?? 'error ' + n

/** Whether processes are told apart by letters, not by colour and role alone. @param {State} s */
export const lettered = s => s.procs.length >= 5 || s.procs.filter(p => p.group === 'giver').length > 2

/** @param {number} msg @param {State} s */
export function messageName(msg, s) {
  if (!msg) return ''
  const proc = Math.floor(msg / 2 ** 40)
  return (lettered(s) ? s.procs[proc - 1]?.letter ?? '#' : '#') + (msg % 2 ** 40)
}

/** @param {ProcState|undefined} p @param {State} s */
export const nameOf = (p, s) => (!p ? 'somebody' : s.procs.length >= 5 ? p.letter : p.role)

/** The name of a part as the stage writes it. @param {any} header @param {number} part from 1 */
export function partName(header, part) {
  const p = header?.scene?.parts[part - 1]
  return p ? p.title || p.object || p.id : ''
}

/** Calls that wait for a signal or a lock, as one would write them. */
const waiting = /** @type {Record<string, string>} */ ({ rt_sigtimedwait: 'sigtimedwait()', rt_sigsuspend: 'sigsuspend()', pause: 'pause()', ppoll: 'poll()', fcntl: 'fcntl(LOCK)' })

/**
 * The present or last call as one would write it: write(4, buf, 4096).
 * @param {any} p a process of the state @param {any} [header]
 */
export function callText(p, header) {
  const c = p.call
  if (!c) return ''
  const id = header?.scene?.parts[c.part - 1]?.id ?? ''
  const call = callNames[c.call] ?? ''
  const fd = p.fds?.find((/** @type {any} */ f) => f.part === c.part && (f.how & (c.kind === Kind.SEND || call === 'write' ? 2 : 1)))?.fd
  switch (c.kind) {
    case Kind.LOAD: return call ? call + '()' : `load ${id}`.trim()
    case Kind.STORE: return c.call === Call.RT_SIGACTION ? `sigaction(${signalName(c.want)})` : !c.part ? 'add' : call ? call + '()' : `store ${id}, ${c.data}`
    case Kind.LOCK: return c.call ? waiting[call] ?? call + '(−1)' : `try ${id}`.trim()
    case Kind.UNLOCK: return c.call ? call + (waiting[call] ? '(UNLOCK)' : '(+1)') : `unlock ${id}`.trim()
    case Kind.SIGNAL: return !c.want ? 'kill(pid, 0)' : c.want >= 32 ? `sigqueue(${c.want}, ${c.data})` : `kill(${signalName(c.want)})`
    case Kind.DELIVER: return c.ret > 0 ? `took ${signalName(c.want)}` : waiting[call] ?? call + '()'
    case Kind.RECV: if (waiting[call]) return waiting[call] ?? ''
      break
    case Kind.WAKE: return 'futex(WAKE)'
    case Kind.BLOCK:
      if (call === 'futex') return 'futex(WAIT)'
      if (waiting[call]) return waiting[call]
      if (call === 'semop') return 'semop(−1)'
  }
  if (!call) return ''
  return `${call}(${fd === undefined ? '' : fd + ', '}buf, ${c.want})`
}

/** @param {Event} e */
const took = e => (e.dur > 0 && !(e.flags & Flag.PACED) ? ' in ' + formatSpan(e.dur) : '')

/**
 * What happened, in one sentence.
 * @param {Event} e @param {State} s the state after it @param {any} header
 * @returns {Sentence}
 */
export function sentence(e, s, header) {
  const q = s.procs[e.proc - 1]
  const p = s.parts[e.part - 1]
  const who = q ? nameOf(q, s) : 'lab'
  const call = callNames[e.call] || 'call'
  const msg = messageName(e.msg, s)
  if (e.flags & Flag.OPEN) return { ...said(who, `${callNames[e.call] || kindNames[e.kind]} was cut off: `, 'outcome unknown'), bad: true }
  switch (e.kind) {
    case Kind.SPAWN: return { who, text: `starts as process ${e.ret}`, bold: String(e.ret) }
    case Kind.EXIT: return e.ret < 0 ? said(who, 'is gone, ', `killed by SIG${signalName(-e.ret)}`) : said(who, 'ends with status ', String(e.ret))
    case Kind.SEND: case Kind.RECV: return moved(e, who, call, msg)
    case Kind.BLOCK: return q?.asleep ? said(who, ...blocks(p, call, s)) : e.ret < 0 ? said(who, `${call} returns: `, errnoName(-e.ret)) : said(who, '', 'goes on', `: ${call} has returned after ${formatSpan(e.dur)}`)
    case Kind.WAKE: return woken(e, s, who, p)
    case Kind.LOCK: case Kind.UNLOCK: return locked(e, s, who, p, call)
    case Kind.LOAD: case Kind.STORE: return memory(e, s, who, p, header)
    case Kind.SIGNAL: case Kind.DELIVER: return signal(e, s, who, p)
    case Kind.FAULT: {
      if (!e.want) return { who, text: 'ended unexpectedly', bad: true }
      return said('lab', 'sends ', 'SIG' + signalName(e.want), ` to ${q?.role ?? 'nobody'}${q?.pid ? ' ' + q.pid : ''}${e.flags & Flag.USER ? ', as asked' : ''}`)
    }
    case Kind.KNOB: {
      const k = header?.mechanism?.knobs?.[e.want]
      const v = k?.values?.[e.level - k.min] ?? (e.level === 0 && k?.zero ? k.zero : formatCount(e.level) + (k?.unit ? NB + k.unit : ''))
      return said('lab', `${k?.label ?? 'a knob'} is now `, v)
    }
    case Kind.LOST: return { ...said('lab', '', `${formatCount(e.level)} records ${['lost', 'not sent to this page', 'not kept in this recording'][e.ret]}`, ': the picture has a hole here'), bad: !e.ret }
    case Kind.STATE: return fact(e, who, p, header)
  }
  return { who, text: '' }
}

/** @param {string} who @param {string} before @param {string} bold @param {string} [after] @returns {Sentence} */
const said = (who, before, bold, after = '') => ({ who, text: before + bold + after, bold })

/** @param {Event} e @param {string} who @param {string} call @param {string} msg @returns {Sentence} */
function moved(e, who, call, msg) {
  const send = e.kind === Kind.SEND
  if (e.flags & Flag.SETTLES) return said(who, `of the ${call} that was cut off, `, formatBytes(Math.max(0, e.ret)), ' had arrived')
  if (e.ret < 0) {
    const why = e.ret === -11 ? send ? ': no room' : ': nothing there' : e.ret === -32 ? ': nobody can read' : e.ret === -4 ? ': a signal came' : ''
    return said(who, `${call} fails with `, errnoName(-e.ret), why)
  }
  if (e.flags & Flag.EOF) return said(who, `${call} returns 0: `, 'end of file', ', no writer is left')
  const of = msg ? ' of ' + msg : ''
  if (e.flags & Flag.TORN) return { ...said(who, `${call} takes ${formatBytes(e.ret)}${of}: `, 'bytes of one message not together'), bad: true }
  const n = e.ret < e.want && send ? `only ${formatCount(e.ret)} of ${formatBytes(e.want)}` : formatBytes(e.ret)
  return said(who, `${call} ${send ? 'puts' : 'takes'} `, n, `${of}${took(e)}${e.flags & Flag.DISCARDED ? '; the rest of the packet is gone' : ''}`)
}

/** @param {any} p @param {string} call @param {State} s @returns {[string, string, string]} */
function blocks(p, call, s) {
  const before = (p?.sleepers.length ?? 1) - 1
  const place = before > 0 ? `, number ${before + 1} in the queue` : ''
  switch (p?.type) {
    case 'pipe': return [`${call} blocks: `, call === 'write' ? 'pipe is full' : 'pipe is empty', place]
    case 'futex': return ['sleeps in futex: ', p.owner ? `${nameOf(s.procs[p.owner - 1], s)} has ${p.id === 'lock' ? 'the lock' : p.id}` : 'until it is woken', place]
    case 'sem': return ['sleeps in semop: ', 'the count is 0', place]
    case 'signals': return ['waits for ', 'a signal', '']
  }
  return [`${call} `, 'blocks', place]
}

/** @param {Event} e @param {State} s @param {string} who @param {any} p @returns {Sentence} */
function woken(e, s, who, p) {
  const q = s.procs[e.proc - 1]
  if (q?.call?.kind === Kind.WAKE && q.call.at === e.at) return e.ret > 0 ? said(who, 'wakes ', e.ret === 1 ? 'one sleeper' : `${e.ret} sleepers`) : said(who, 'calls FUTEX_WAKE: ', 'nobody slept')
  const slept = q?.slept && !(e.flags & Flag.PACED) ? ' after ' + formatSpan(q.slept) : ''
  if (p?.type === 'pipe') return said(who, 'woken: ', q?.call?.call === 2 ? 'there is room' : 'bytes have come', slept)
  if (p?.type === 'signals') return said(who, 'woken: ', 'a signal has come', slept)
  return said(who, '', 'woken', slept)
}

/** @param {Event} e @param {State} s @param {string} who @param {any} p @param {string} call @returns {Sentence} */
function locked(e, s, who, p, call) {
  if (e.ret < 0) return said(who, `${e.call ? call : 'lock'} fails with `, errnoName(-e.ret))
  if (p?.type === 'sem') return said(who, `${e.kind === Kind.LOCK ? 'lowers' : 'raises'} ${p.id === 'sem' ? 'the semaphore' : p.id}`, p.value === null ? '' : ` to ${p.value}`)
  const lock = p && p.id !== 'lock' ? p.id : 'the lock'
  const by = e.flags & Flag.HANDLER ? 'its handler ' : ''
  if (e.kind === Kind.UNLOCK) return said(who, by, `gives ${lock} back`, p?.waiters ? '; somebody sleeps' : '')
  if (e.ret === 1 || e.call) return e.flags & Flag.OWNERDIED ? { ...said(who, `takes ${lock}: `, 'EOWNERDEAD', ', its owner died'), bad: true } : said(who, by, `takes ${lock}`, e.call ? '' : '; the word holds its tid')
  return said(who, `${by}finds ${lock} `, p?.owner ? `taken by ${nameOf(s.procs[p.owner - 1], s)}` : 'taken')
}

/** @param {Event} e @param {State} s @param {string} who @param {any} p @param {any} header @returns {Sentence} */
function memory(e, s, who, p, header) {
  const q = s.procs[e.proc - 1]
  const v = formatCount(q?.call?.data ?? 0)
  const id = header?.scene?.parts[e.part - 1]?.id ?? 'register'
  if (e.call === Call.WAIT4) return e.ret > 0 ? said(who, 'wait4: ', String(e.ret), ' is gone for good') : said(who, 'wait4: ', e.ret < 0 ? errnoName(-e.ret) : 'none', e.ret < 0 ? ', no child is left' : ' has ended')
  if (p?.type === 'page' && e.call) return said(who, callNames[e.call] + ' ', e.ret < 0 ? 'fails with ' + errnoName(-e.ret) : 'done')
  if (e.kind === Kind.LOAD) {
    if (e.flags & Flag.TORN) return { ...said(who, `loads ${id}: `, 'half old, half new'), bad: true }
    const same = s.procs.some((x, i) => i !== e.proc - 1 && x.reg?.from === 'load' && x.reg.part === e.part && x.reg.value === q?.reg?.value && p?.type === 'word')
    if (header && own(header.scene, header.scene.parts[e.part - 1] ?? {})) return said(who, `tests ${id}: `, v)
    return said(who, p?.type === 'record' ? `loads ${id}+${e.want}: ` : p?.holds === 'updates' ? 'loads ' : `loads ${id}: `, v, same ? ', the same value' : '')
  }
  if (e.call === Call.RT_SIGACTION) return e.ret < 0 ? { ...said(who, `asks for a handler for ${signalName(e.want)}: `, errnoName(-e.ret)), bad: true } : said(who, 'installs a handler for ', signalName(e.want))
  if (e.call === Call.RT_SIGPROCMASK) return said(who, '', e.want ? 'unblocks' : 'blocks', ' its signals')
  if (e.flags & Flag.HANDLER) return said(who, `its handler sets ${id}: `, formatCount(value(e.data)))
  if (!e.part) return said(who, 'adds: its register holds ', v)
  if (p?.type !== 'word') return said(who, `stores ${id}+${e.want}: `, v)
  const before = p.history.at(-2)?.value
  if (e.flags & Flag.CONFLICT) return { ...said(who, `stores ${v} over ${before === undefined ? 'a newer value' : formatCount(before)} `, '! one lost'), bad: true }
  return said(who, 'stores ', v, before === undefined ? ` to ${id}` : `: ${id} ${formatCount(before)} → ${v}`)
}

/** @param {Event} e @param {State} s @param {string} who @param {any} p @returns {Sentence} */
function signal(e, s, who, p) {
  const name = signalName(e.want)
  const v = s.procs[e.proc - 1]?.call?.data ?? 0
  if (e.kind === Kind.SIGNAL) {
    if (!e.want) return e.ret < 0 ? said(who, 'sends signal 0: ', errnoName(-e.ret), ', nobody has this number') : said(who, 'sends signal 0: ', 'the process is there')
    if (e.ret < 0) return { ...said(who, `cannot send ${name}: `, errnoName(-e.ret), e.ret === -11 ? ', the queue is full' : ''), bad: true }
    if (e.want >= 32) return said(who, 'sends ', name, `, value ${v}: it is queued`)
    const c = p?.std?.[e.want]
    return said(who, 'sends ', name, c && c.sent > c.delivered + c.merged + 1 ? '' : c?.merged && c.pending && c.sent > 1 ? ': the bit was set already' : ': its bit is set')
  }
  if (e.ret < 0) return e.call === Call.PAUSE || e.call === Call.RT_SIGSUSPEND ? said(who, `${callNames[e.call]} returns `, errnoName(-e.ret), ': a handler has run') : said(who, 'takes no signal: ', errnoName(-e.ret))
  const c = p?.std?.[e.want]
  return said(who, e.flags & Flag.HANDLER ? 'its handler runs: ' : 'takes ', name, e.want >= 32 ? `, value ${v}` : c?.merged ? `, once for ${c.sent} sent` : '')
}

const states = /** @type {Record<string, string>} */ ({ R: 'runs', S: 'sleeps', D: 'sleeps, not to be disturbed', T: 'is stopped', t: 'is traced', Z: 'is a zombie', X: 'is gone' })

/** @param {Event} e @param {string} who @param {any} p @param {any} header @returns {Sentence} */
function fact(e, who, p, header) {
  switch (e.call) {
    case Fact.MODE: return said('lab', 'now ', e.ret === Mode.FULL ? 'full speed' : e.ret === Mode.STEP ? 'step by step' : e.level === 0 ? 'paused' : `slow, ${formatCount(e.level / 1000)} a second`)
    case Fact.STATE: return said(who, '', states[String.fromCharCode(e.data[0] ?? 0)] ?? 'changes state')
    case Fact.CAPACITY: return p?.type !== 'pipe' ? { who, text: '' } : said('kernel', `${partName(header, e.part)} can hold `, formatBytes(e.level))
    case Fact.AGREES: return e.ret === 1 ? said('lab', 'calls and kernel ', 'agree') : { ...said('lab', 'calls and kernel ', 'differ by ' + formatCount(e.want)), bad: true }
    case Fact.SAMPLE: return said('lab', 'keeps ', e.level <= 1 ? 'all records' : `1 of ${formatCount(e.level)} records`)
    case Fact.GATE: return said(who, e.ret > 0 ? 'is held before ' : e.ret < 0 ? 'rests: ' : 'is ', e.ret > 0 ? gateName(header, e) : e.ret < 0 ? 'its own pace' : 'let go')
    case Fact.LEVEL: return said('kernel', `${partName(header, e.part)} holds `, formatCount(e.level))
  }
  return { who, text: '' }
}

/** @param {any} header @param {Event} e */
const gateName = (header, e) => header?.scene?.procs[e.proc - 1]?.gates?.[e.ret - 1] ?? 'its next operation'
