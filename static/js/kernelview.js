// @ts-check
// The kernel's view: what /proc and the calls say, each with its source.

import { isNote } from '#ipclab/axis.js'
import { Base, define, h, heading } from '#ipclab/dom.js'
import { Mode, Wait, waitNames } from '#ipclab/event.js'
import { callText, formatBytes, formatCount, formatSpan, signalName } from '#ipclab/words.js'

/** @typedef {{src: '●'|'○'|'', label: string, cells: string[], bad?: boolean}} Row */
/** @typedef {{text: string, hue: string}} Head */
/** @typedef {{heads: Head[], rows: Row[], turned: boolean, pairs: {src: '●'|'○'|'', label: string, value: string, bad?: boolean}[]}} View */

const READ = '●'
const WORKED = '○'
const states = /** @type {Record<string, string>} */ ({
  R: 'R running', S: 'S sleeping', D: 'D sleeping', T: 'T stopped', t: 't traced', Z: 'Z zombie', X: 'X gone', I: 'I idle',
})

/** The abstract word for where a process sleeps. @param {number} wait */
export const waitText = wait => (!wait ? '–' : wait === Wait.GATE ? 'our gate' : waitNames[wait] ?? '?')

/** An address, short: its first and last four digits. @param {number} at */
export function address(at) {
  const hex = at.toString(16)
  return hex.length > 9 ? `${hex.slice(0, 4)}…${hex.slice(-4)}` : '0x' + hex
}

/** The signals of a mask by name, real-time ones as ranges: "USR2, 36 to 40". @param {bigint|number} given */
export function maskText(given) {
  const mask = BigInt(given)
  /** @type {string[]} */
  const out = []
  for (let n = 1; n <= 64; n++) {
    if (!((mask >> BigInt(n - 1)) & 1n)) continue
    let last = n
    while (n >= 32 && last < 64 && (mask >> BigInt(last)) & 1n) last++
    out.push(last > n + 1 ? `${n} to ${last}` : n >= 32 ? String(n) : signalName(n))
    if (last > n + 1) n = last
  }
  return out.length > 6 ? `${out.length} signals` : out.join(', ') || '–'
}

/**
 * The rows for a state; what nobody has read is left out.
 * @param {any} header @param {any} state @returns {View}
 */
export function viewOf(header, state) {
  const procs = /** @type {any[]} */ (state.procs)
  const many = procs.length >= 4
  const heads = procs.map(p => ({ text: `${many ? p.letter : p.role} ${p.pid || ''}`.trim(), hue: p.hue }))
  /** @type {Row[]} */
  const rows = []
  /** @type {(src: '●'|'○', label: string, of: (p: any, i: number) => string) => void} */
  const row = (src, label, of) => {
    const cells = procs.map(of)
    if (cells.some(c => c && c !== '–')) rows.push({ src, label, cells: cells.map(c => c || '–') })
  }
  row(READ, 'State', p => (many ? p.kstate : states[p.kstate] ?? p.kstate) || '–')
  row(READ, 'Waits in', p => waitText(p.st === 'held' ? Wait.GATE : p.wait))
  if (many) {
    row(WORKED, 'Done', p => formatCount(done(p)))
    return { heads, rows, turned: true, pairs: pairsOf(header, state) }
  }
  row(READ, 'wchan', p => (p.st === 'blocked' && p.wait ? p.wchan.replace(/\.(isra|part|constprop)\b.*/, '') : '')) // without what the compiler adds
  row(WORKED, 'Call', p => (p.st === 'held' || p.st === 'gone' ? '' : callText(p, header).replace('buf,', '…,')))
  row(WORKED, 'Next', (p, i) => (p.gate > 0 ? header.scene.procs[i]?.gates[p.gate - 1] ?? '' : ''))
  const often = procs.length > 2 || procs.some(p => p.switches?.some((/** @type {number} */ n) => n >= 1000))
  row(READ, often ? 'Ctx vol · inv' : 'Ctx switches', p => (!p.switches || !p.pid ? '' : often ? `${short(p.switches[0])} · ${short(p.switches[1])}` : `${p.switches[0]} vol · ${p.switches[1]} inv`))
  if (header.scene.parts.some((/** @type {any} */ d) => d.type === 'page' || d.type === 'pipe')) row(READ, 'Calls read · write', p => (p.io && p.pid ? `${short(p.io[0])} · ${short(p.io[1])}` : ''))
  row(READ, 'Mapped at', p => Object.values(p.maps ?? {}).slice(0, 1).map(a => address(Number(a))).join(''))
  row(READ, 'Ended by', p => (!p.exit ? '' : p.exit.signal ? 'SIG' + signalName(p.exit.signal) : `exit ${p.exit.code}`))
  return { heads, rows, turned: false, pairs: pairsOf(header, state) }
}

/** A large count in thousands. @param {number} n */
const short = n => (n < 1000 ? String(n) : n < 1e6 ? (n / 1000).toFixed(n < 1e5 ? 1 : 0) + 'k' : (n / 1e6).toFixed(1) + 'M')

/** How many operations a process has made. @param {any} p */
const done = p => p.n.sent + p.n.received || p.n.calls

/** What is known of the parts, and whether the calls and the kernel say the same. @param {any} header @param {any} state @returns {View['pairs']} */
export function pairsOf(header, state) {
  /** @type {View['pairs']} */
  const out = []
  const add = (/** @type {'●'|'○'} */ src, /** @type {string} */ label, /** @type {string} */ value, bad = false) => out.push({ src, label, value, bad })
  /** @type {(boolean|null)[]} */
  const agrees = []
  const own = []
  for (const p of state.parts) {
    const def = header.scene.parts.find((/** @type {any} */ d) => d.id === p.id) ?? {}
    if (def.off) continue
    if (def.law) agrees.push(p.agrees)
    if (p.type === 'pipe') {
      const old = p.kernel !== p.level ? state.at - p.kernelAt : 0
      if (p.kernel >= 0) add(READ, 'FIONREAD', formatBytes(p.kernel) + (old > 1e3 ? `, ${formatSpan(old)} ago` : ''))
      add(READ, 'F_GETPIPE_SZ', formatBytes(p.cap))
      if (p.slots) add(WORKED, 'Used slots', `${p.slots.filter(Boolean).length} of ${p.slots.length}`)
    } else if (p.type === 'page') {
      if (p.kernel >= 0) add(READ, 'Memory given', `${formatBytes(p.kernel)} of ${formatBytes(p.cap)}`)
      if (p.attached) add(READ, 'Attached', p.attached)
      if (p.exists !== undefined) add(READ, p.attached ? 'Segment' : 'Name', p.exists ? 'there' : 'removed')
    } else if (isNote(def)) own.push(p.value ?? 0)
    else if (p.type === 'word') add(p.looked ? READ : WORKED, capital(p.id), String(p.value ?? 0))
    else if (p.type === 'futex') add(WORKED, capital(p.id) + ' word', '0x' + (Number(p.word ?? 0) >>> 0).toString(16).padStart(8, '0'), Boolean(p.ownerDied))
    else if (p.type === 'record' && p.torn) add(WORKED, capital(p.id), 'torn', true)
    else if (p.type === 'sem' && p.kernel >= 0) add(READ, capital(p.id), String(p.kernel))
    else if (p.type === 'signals') signalPairs(p, def, state, add)
  }
  if (own.length) {
    const sum = own.reduce((s, v) => s + Number(v), 0)
    const counter = state.parts.find((/** @type {any} */ p) => p.type === 'word' && !isNote(header.scene.parts.find((/** @type {any} */ d) => d.id === p.id)))
    const lost = counter ? sum - Number(counter.value ?? 0) : 0
    add(WORKED, 'Own counts', own.length > 5 ? `sum ${formatCount(sum)}` : own.map(Number).join(' + '))
    if (counter) add(WORKED, 'Lost', lost > 0 ? `! ${formatCount(lost)}` : '0', lost > 0)
  }
  if (agrees.length) {
    const wrong = agrees.includes(false)
    add(WORKED, 'Model = kernel', wrong ? '! does not agree' : agrees.includes(true) ? '✓ agrees' : 'not yet', wrong)
  }
  return out
}

/** @param {any} part @param {any} def @param {any} state @param {(src: '●'|'○', label: string, value: string, bad?: boolean) => void} add */
function signalPairs(part, def, state, add) {
  const p = state.procs.find((/** @type {any} */ q) => q.role === def.in)
  if (p?.masks) {
    add(READ, 'ShdPnd', maskText(p.masks.shdpnd | p.masks.sigpnd))
    add(READ, 'SigBlk', maskText(p.masks.sigblk))
  }
  if (p?.sigq) add(READ, 'SigQ', `${formatCount(p.sigq[0])} of ${formatCount(p.sigq[1])}`)
  for (const q of Object.values(part.std ?? {})) {
    const s = /** @type {any} */ (q)
    if (s.sent) add(WORKED, `${signalName(s.signo)}: sent, taken`, `${s.sent}, ${s.delivered}` + (s.merged ? ` (${s.merged} merged)` : ''))
  }
}

/** @param {string} s */
const capital = s => s.charAt(0).toUpperCase() + s.slice(1)

/**
 * The rows at full speed, from one aggregate and the one a second before it.
 * @param {any} header @param {any} state @param {any} now @param {any} before @returns {View}
 */
export function fullView(header, state, now, before) {
  const procs = /** @type {any[]} */ (state.procs)
  const heads = procs.map(p => ({ text: `${procs.length >= 4 ? p.letter : p.role} ${p.pid || ''}`.trim(), hue: p.hue }))
  const of = (/** @type {(g: any, i: number) => string} */ f) => procs.map((_, i) => (now.procs[i] ? f(now.procs[i], i) : '–'))
  const share = (/** @type {number} */ n) => `${Math.round(n / 10)}\u00a0%`
  const spans = before && now.at > before.at ? (now.at - before.at) / 1e9 : 0
  const what = header.scene.parts.some((/** @type {any} */ p) => p.type === 'page') ? 'Operations' : 'Calls' // to load or store is no call
  /** @type {Row[]} */
  const rows = [
    { src: READ, label: 'On a CPU', cells: of(g => share(g.onCPU)) },
    { src: READ, label: 'Asleep in', cells: of(g => (g.waits ? `${waitText(g.wait)} ${share(g.waits)}` : '–')) },
    { src: READ, label: 'Switches/s', cells: of(g => formatCount(Math.round((g.switches * 1e9) / Math.max(1, now.span)))) },
    { src: WORKED, label: `${what}/s`, cells: of((g, i) => (spans ? formatCount(Math.round((g.calls - (before.procs[i]?.calls ?? 0)) / spans)) : '–')) },
    { src: WORKED, label: what, cells: of(g => formatCount(g.calls)) },
  ]
  const pairs = pairsOf(header, { ...state, parts: state.parts.map((/** @type {any} */ p, /** @type {number} */ i) => ({ ...p, slots: null, kernel: now.parts[i]?.now ?? p.kernel, level: now.parts[i]?.now ?? p.level })) })
  const turned = procs.length >= 4
  return { heads, rows: turned ? rows.filter((_, i) => i !== 2 && i !== 4) : rows, turned, pairs }
}

/** `<ipc-kernel>`: the kernel's view as a table. */
export class KernelView extends Base {
  /** @type {HTMLElement|undefined} */
  #body
  #drawn = ''
  #at = 0

  /** @param {any} frame */
  update(frame) {
    if (!frame.state) return
    const all = frame.trace.aggregates
    const now = frame.aggregate ?? all.at(-1)
    const full = frame.state.mode === Mode.FULL && frame.live && now
    if (full && Math.abs(now.at - this.#at) < 2.5e8 && this.#drawn) return // four times a second can be read
    if (full) this.#at = now.at
    const view = full ? fullView(frame.header, frame.state, now, all[Math.max(0, all.length - 31)]) : viewOf(frame.header, frame.state)
    const key = JSON.stringify(view)
    if (key === this.#drawn) return
    this.#drawn = key
    if (!this.#body) {
      heading(this, this.dataset.title ?? 'The kernel’s view').end.append(h('span', { className: 'src' }, '● read from the kernel   ○ worked out'))
      this.append((this.#body = h('div', { className: 'in' })))
    }
    this.#body.replaceChildren(view.turned ? turned(view) : table(view), pairs(view.pairs))
  }
}

/** @param {string} src */
const mark = src => h('span', { className: 'mark', title: src === READ ? 'read from the kernel' : 'worked out from the calls' }, src)

/** @param {View} v */
function table(v) {
  const t = h('table', {}, h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Where'), ...v.heads.map(x => h('th', { scope: 'col', className: 'hue-' + x.hue }, x.text)))))
  t.append(h('tbody', {}, ...v.rows.map(r => h('tr', {}, h('th', { scope: 'row' }, mark(r.src), ' ' + r.label), ...r.cells.map(c => h('td', {}, c))))))
  return t
}

/** One row per process, where there are many. @param {View} v */
function turned(v) {
  const t = h('table', { className: 'turned' }, h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Where'), ...v.rows.map(r => h('th', { scope: 'col' }, r.label)))))
  t.append(h('tbody', {}, ...v.heads.map((x, i) => h('tr', {}, h('th', { scope: 'row', className: 'hue-' + x.hue }, x.text), ...v.rows.map(r => h('td', {}, mark(r.src), ' ' + (r.cells[i] ?? '–')))))))
  return t
}

/** @param {View['pairs']} list */
function pairs(list) {
  return h('dl', { className: 'pairs' }, ...list.map(p =>
    h('div', {}, h('dt', {}, mark(p.src), ' ' + p.label), h('dd', { className: p.bad ? 'bad' : '' }, p.value))))
}

define('ipc-kernel', KernelView)
