// @ts-check
// The workers' own source, and the line at which each of them is.

import { Base, define, h, heading } from '#ipclab/dom.js'
import { callNames, Kind, kindNames } from '#ipclab/event.js'

/** @typedef {{n: number, text: string}} Line */

const keywords = new Set(('break case chan const continue default defer else fallthrough for func go goto if import interface map ' +
  'nil package range return select struct switch type var').split(' '))
const token = /(\/\/.*$)|("(?:[^"\\]|\\.)*"|`[^`]*`|'(?:[^'\\]|\\.)*')|([A-Za-z_]\w*)|([^A-Za-z_"'`/]+|[/"'`])/g

/**
 * A line of Go in pieces: keywords, strings, comments and the rest.
 * @param {string} text @returns {{k: ''|'kw'|'str'|'cm', t: string}[]}
 */
export function pieces(text) {
  /** @type {{k: ''|'kw'|'str'|'cm', t: string}[]} */
  const out = []
  for (const m of text.matchAll(token)) {
    const k = m[1] ? 'cm' : m[2] ? 'str' : m[3] && keywords.has(m[3]) ? 'kw' : ''
    const last = out.at(-1)
    if (last && last.k === k && k === '') last.t += m[0]
    else out.push({ k, t: m[0] })
  }
  return out
}

const ROWS = 13 // that the panel has room for
const AROUND = [[3, 3], [2, 2], [2, 1], [1, 1], [1, 0], [0, 0]] // lines around an operation, and around a loop

/**
 * The lines worth showing: those where operations happen and rounds begin, with as
 * much around them as the panel has room for. 0 stands for lines left out.
 * @param {string[]} source @param {number[]} ops line numbers from 1 @param {number[]} [loops] @param {number} [rows] @returns {number[]}
 */
export function excerpt(source, ops, loops = [], rows = ROWS) {
  for (const [a = 0, b = 0] of AROUND) {
    const lines = linesAround(source, [...ops.map(n => [n, a]), ...loops.map(n => [n, b])])
    if (lines.reduce((sum, n) => sum + (n ? 1 : 0.7), 0) <= rows) return lines
  }
  return linesAround(source, ops.map(n => [n, 1]))
}

/** @param {string[]} source @param {number[][]} marked lines, and how many around each @returns {number[]} */
function linesAround(source, marked) {
  const keep = new Set()
  for (const [m = 0, around = 0] of marked) for (let n = m - around; n <= m + around; n++) if (n >= 1 && n <= source.length) keep.add(n)
  const shown = [...keep].sort((a, b) => a - b)
  const blank = (/** @type {number|undefined} */ n) => n !== undefined && !source[n - 1]?.trim()
  /** @type {number[]} */
  const out = []
  shown.forEach((n, i) => {
    const first = i === 0 || shown[i - 1] !== n - 1
    const last = shown[i + 1] !== n + 1
    if (blank(n) && (first || last)) return // a block neither begins nor ends with an empty line
    const before = out.at(-1)
    if (before && before !== n - 1) out.push(0)
    out.push(n)
  })
  return out
}

/**
 * At which line a process is: held before a gate, or at its present call; the one
 * whose operation is shown now is at that, though it may be held again already.
 * @param {any} p a process of the state @param {string[]} gates @param {Record<string, number>} lines @param {boolean} [now] @param {number[]} [loops] where rounds begin @returns {number} 0 if unknown
 */
export function lineOf(p, gates, lines, now = false, loops = []) {
  if (p.st === 'gone' || p.st === 'none' || p.st === 'zombie') return 0
  const c = p.call
  if (p.gate > 0 && !(now && c)) {
    const at = gateLine(gates[p.gate - 1] ?? '', c ? callLine(p, lines) : 0, lines, loops)
    if (at) return at
  }
  return c ? callLine(p, lines) : 0
}

/** @param {any} p @param {Record<string, number>} lines */
function callLine(p, lines) {
  const c = p.call
  const kind = kindNames[c.kind] ?? ''
  const call = (callNames[c.call] ?? '').replace('clock_', '').replaceAll('_', '')
  const add = c.kind === Kind.STORE && !c.part ? ['add', 'gate add'] : []
  const block = p.st === 'blocked' ? [`block ${call}`] : []
  for (const key of [...add, ...block, `${kind} ${call}`.trim(), kind]) if (lines[key]) return lines[key] ?? 0
  return 0
}

/**
 * The line of a gate: that of w.Gate, or the w.Next before the operation of that
 * name, or before the last one.
 * @param {string} gate @param {number} last @param {Record<string, number>} lines @param {number[]} loops
 */
function gateLine(gate, last, lines, loops) {
  const own = lines['gate ' + gate]
  if (own) return own
  const key = Object.keys(lines).find(k => !k.startsWith('gate') && k.split(' ').includes(gate))
  const at = (key && lines[key]) || last
  return loops.findLast(n => n <= at) ?? (loops.length === 1 ? loops[0] : 0) ?? 0
}

/** `<ipc-source>`: the source with the present lines. */
export class Source extends Base {
  /** @type {Map<number, {row: HTMLElement, whos: HTMLElement, said: string}>} */
  #rows = new Map()
  /** @type {HTMLElement|undefined} */
  #pre
  #source = ''
  #whole = false
  /** @type {number[]} */
  #loops = []
  #drawn = ''
  /** @type {any} */
  #frame

  /** @param {any} frame */
  update(frame) {
    const { header, state } = frame
    this.#frame = frame
    if (!header || !state) return
    if (!this.#pre || header.mechanism.source !== this.#source) this.#build(header)
    const procs = /** @type {any[]} */ (state.procs)
    const lines = header.lines ?? {}
    const at = procs.map((p, i) => lineOf(p, header.scene.procs[i]?.gates ?? [], lines, state.now?.proc === i + 1, this.#loops))
    const now = state.now?.proc ? at[state.now.proc - 1] ?? 0 : 0
    const key = `${at} ${now} ${procs.map(p => p.pid)}`
    if (key === this.#drawn) return
    this.#drawn = key
    for (const [n, r] of this.#rows) {
      r.row.classList.toggle('on', n === now)
      const who = procs.filter((_, i) => at[i] === n)
      const said = who.map(p => p.pid).join()
      if (said === r.said) continue
      r.said = said
      r.whos.replaceChildren(...who.map(p => h('span', { className: 'who ' + p.hue }, procs.length > 3 ? p.letter : String(p.pid || p.role))))
    }
    this.#show(now || at.find(n => n > 0) || 0)
  }

  /** @param {any} header */
  #build(header) {
    this.#source = header.mechanism.source
    this.#rows.clear()
    this.#drawn = ''
    const source = this.#source.split('\n')
    this.#loops = source.flatMap((text, i) => (/\.Next\(/.test(text) ? [i + 1] : []))
    const lines = Object.entries(header.lines ?? {})
    const ops = lines.filter(([k]) => k !== 'gate').map(([, n]) => Number(n))
    const shown = this.#whole || !lines.length ? source.map((_, i) => i + 1) : excerpt(source, ops, this.#loops)
    const indent = Math.min(...shown.filter(n => source[n - 1]?.trim()).map(n => /^\t*/.exec(source[n - 1] ?? '')?.[0].length ?? 0))
    const rows = shown.map(n => {
      if (!n) return h('div', { className: 'left-out' }, h('i', {}, '⋮'))
      const whos = h('span', { className: 'whos' })
      const code = h('span', {}, ...pieces((source[n - 1] ?? '').slice(indent === Infinity ? 0 : indent).replaceAll('\t', '  ')).map(p => (p.k ? h('span', { className: p.k }, p.t) : p.t)))
      const row = h('div', {}, h('i', {}, String(n)), code, whos)
      this.#rows.set(n, { row, whos, said: '' })
      return row
    })
    if (!this.#pre) {
      const button = h('button', { className: 'small', type: 'button', 'aria-pressed': 'false' }, 'whole file')
      button.addEventListener('click', () => {
        this.#whole = !this.#whole
        button.setAttribute('aria-pressed', String(this.#whole))
        this.#source = ''
        this.update(this.#frame)
      })
      heading(this, this.dataset.title ?? 'Code the workers run').end.append(button)
      this.append((this.#pre = h('pre', { className: 'code', tabIndex: 0, role: 'region', 'aria-label': 'Source of the workers' })))
    }
    this.#pre.replaceChildren(...rows)
  }

  /** Brings a line into view, within the panel only. @param {number} n */
  #show(n) {
    const row = this.#rows.get(n)?.row
    const pre = this.#pre
    if (!row || !pre) return
    const top = row.offsetTop // the pre is positioned
    if (top < pre.scrollTop || top + row.offsetHeight > pre.scrollTop + pre.clientHeight) pre.scrollTop = Math.max(0, top - pre.clientHeight / 3)
  }
}

define('ipc-source', Source)
