// @ts-check
// Prove it in your terminal: commands with the pids and names of this run.

import { Base, copyFrom, define, h, heading } from '#ipclab/dom.js'

/** @typedef {{line: string, why: string}} Command */

/**
 * The commands that show now what the stage shows; processes that are gone are
 * left out.
 * @param {any} header @param {any} state @param {number} selected a process, or 0 @returns {Command[]}
 */
export function commandsFor(header, state, selected) {
  const procs = /** @type {any[]} */ (state.procs).map((p, i) => ({ ...p, n: i + 1 })).filter(p => p.pid && p.st !== 'gone' && p.st !== 'none')
  if (!procs.length) return []
  const types = new Set(header.scene.parts.filter((/** @type {any} */ p) => !p.off).map((/** @type {any} */ p) => p.type))
  const p = procs.find(q => q.n === selected) ?? procs.find(q => q.st === 'blocked') ?? procs.find(q => q.st === 'stopped' || q.st === 'zombie') ?? procs[0]
  const { pid } = p
  /** @type {Command[]} */
  const out = []
  const add = (/** @type {string} */ line, /** @type {string} */ why) => out.push({ line, why })
  if (p.st === 'zombie') {
    add(`ps -o pid,ppid,stat,comm -p ${pid}`, 'state Z: ended, not yet waited for')
    add(`ls /proc/${pid}/fd`, 'a zombie has no descriptors left')
    return out
  }
  if (p.st === 'blocked') {
    add(`cat /proc/${pid}/wchan; echo`, `where ${p.role} sleeps in the kernel`)
    add(`cat /proc/${pid}/syscall`, 'the number of its call, then the arguments')
  }
  if (p.st === 'stopped') add(`grep State /proc/${pid}/status`, `T: ${p.role} is stopped`)
  if (types.has('pipe')) add(`ls -l /proc/${pid}/fd`, pipeWhy(header))
  if (types.has('page')) add(`grep -A 18 ${mapOf(header)} /proc/${pid}/smaps`, 'the shared page among its mappings')
  if (types.has('signals')) {
    const in_ = header.scene.parts.find((/** @type {any} */ d) => d.type === 'signals')?.in
    const r = procs.find(q => q.role === in_) ?? p
    add(`grep Sig /proc/${r.pid}/status`, 'its masks: pending, blocked, ignored, caught')
    add(`kill -USR1 ${r.pid}`, `signal 10, from your shell to ${r.role}`)
  }
  if (types.has('sem')) add('ipcs -s', 'System V semaphores of this machine')
  if (out.length < 3) add(`grep ctxt /proc/${pid}/status`, 'its context switches so far')
  if (p.st !== 'stopped') add(`kill -STOP ${pid}`, 'freeze it; the stage shows it at once')
  else add(`kill -CONT ${pid}`, 'let it go on')
  add(`strace -p ${pid}`, 'its system calls from now on; needs the right to trace')
  return out.slice(0, 5)
}

/** @param {any} header */
function pipeWhy(header) {
  const object = header.scene.parts.find((/** @type {any} */ p) => p.type === 'pipe')?.object
  return object ? `look for ${object}` : 'its descriptors, the pipe among them'
}

/** What /proc calls the shared page. @param {any} header */
function mapOf(header) {
  const object = String(header.scene.parts.find((/** @type {any} */ p) => p.type === 'page')?.object ?? '')
  const name = object.replace(/^\//, '').match(/[\w.:-]+/)?.[0]
  return name || 'memfd'
}

/** `<ipc-prove>` */
export class Prove extends Base {
  /** @type {HTMLElement|undefined} */
  #list
  #drawn = ''

  /** @param {any} frame */
  update(frame) {
    if (!frame.state || !frame.header) return
    const list = frame.recorded ? [] : commandsFor(frame.header, frame.state, frame.selected)
    const key = JSON.stringify(list)
    if (key === this.#drawn) return
    this.#drawn = key
    if (!this.#list) {
      heading(this, 'Prove it in your terminal')
      this.append(h('div', { className: 'in' }, (this.#list = h('ul', { className: 'term' }))))
    }
    const had = document.activeElement && this.contains(document.activeElement)
    const at = had ? [...this.querySelectorAll('button')].indexOf(/** @type {HTMLButtonElement} */ (document.activeElement)) : -1
    this.#list.replaceChildren(...list.map(c => row(c)))
    if (!list.length) this.#list.append(h('li', { className: 'none' }, 'No process of this run is there to be looked at.'))
    if (at >= 0) this.querySelectorAll('button')[Math.min(at, list.length - 1)]?.focus()
  }
}

/** @param {Command} c */
function row(c) {
  const code = h('code', { tabIndex: -1 }, c.line)
  const button = h('button', { type: 'button', className: 'small', 'aria-label': 'Copy ' + c.line }, 'Copy')
  button.addEventListener('click', () => copyFrom(code, button))
  return h('li', {}, code, button, h('small', {}, c.why))
}

define('ipc-prove', Prove)
