// @ts-check
// What every page has: keys and their help, the theme, the menu on narrow screens,
// banners that say what is wrong, and the voice for those who listen.

import { h, say } from '#ipclab/dom.js'
import { num, span, t } from '#ipclab/strings.js'

/** @typedef {Record<string, () => void>} Handlers by name, see below */

// Key → name of what it does. Letters can be switched off.
/** @type {Record<string, string>} */
const KEYS = {
  ' ': 'go', '.': 'forward', ',': 'back', ArrowLeft: 'left', ArrowRight: 'right', Home: 'begin', End: 'live', PageUp: 'chapterBack', PageDown: 'chapterForth',
  '1': 'step', '2': 'slow', '3': 'full', '4': 'replay', '[': 'markBack', ']': 'markForth', '?': 'help',
  b: 'block', p: 'present', l: 'log', e: 'experiments', n: 'next', m: 'mark',
}

/** @type {[string[], import('#ipclab/strings.js').Key][]} */
const HELP = [
  [['Space'], 'kNext'], [['B'], 'kBlock'], [[',', '.'], 'kEvents'], [['←', '→'], 'kScrub'], [['1', '2', '3', '4'], 'kModes'], [['End'], 'kEnd'],
  [['M'], 'kMark'], [['PgUp', 'PgDn'], 'kChapters'], [['E'], 'kExperiments'], [['P'], 'kPresent'], [['L'], 'kLog'], [['N'], 'kNextOp'], [['?'], 'kHelp'], [['Esc'], 'kEsc'],
]

const store = {
  /** @param {string} k */
  get(k) { try { return localStorage.getItem('ipclab.' + k) } catch { return null } },
  /** @param {string} k @param {string} v */
  set(k, v) { try { localStorage.setItem('ipclab.' + k, v) } catch { /* the choice lasts as long as the page */ } },
}

let listed = HELP
let letters = store.get('letters') !== 'off'

/**
 * Binds the keys of a page.
 * @param {Handlers} on @param {Record<string, string>} [more] keys that mean something else here @param {typeof HELP} [list] what its help tells
 */
export function bindKeys(on, more, list) {
  const keys = { ...KEYS, ...more }
  listed = list ?? HELP
  addEventListener('keydown', e => {
    if (e.ctrlKey || e.altKey || e.metaKey || e.defaultPrevented || document.querySelector('dialog[open]')) return
    const name = keys[e.key.length === 1 ? e.key.toLowerCase() : e.key]
    if (!name || (/^[a-z]$/i.test(e.key) && !letters)) return
    if (e.target instanceof HTMLElement && ownsKey(e.target, e.key)) return
    const act = name === 'help' ? openHelp : on[name]
    if (!act) return
    e.preventDefault()
    act()
  })
}

/** Whether the element in focus means something else by this key. @param {HTMLElement} at @param {string} key */
function ownsKey(at, key) {
  if (at.isContentEditable || at.matches('textarea, select, input:not([type=range], [type=checkbox], [type=radio], [type=file])')) return true
  if (key === ' ') return at.closest('button, a, input, summary, [role=tab], [role=radio]') !== null
  if (key === 'Enter') return at.closest('button, a, form, summary, [role=tab], [role=log]') !== null
  if (/^(Arrow|Home|End|Page)/.test(key)) return at.closest('input, [role=slider], [role=tablist], [role=radiogroup], [role=log], pre') !== null
  return false
}

/** @type {HTMLDialogElement|null} */
let help = null

function openHelp() {
  help ??= makeHelp()
  help.showModal()
}

function makeHelp() {
  const list = h('dl', { className: 'keys' })
  for (const [keys, what] of listed) list.append(h('dt', {}, ...keys.flatMap(k => [h('kbd', {}, k), ' '])), h('dd', {}, t(what)))
  const sw = /** @type {HTMLInputElement} */ (h('input', { type: 'checkbox', className: 'sw', id: 'letters', checked: letters }))
  sw.addEventListener('change', () => {
    letters = sw.checked
    store.set('letters', letters ? 'on' : 'off')
  })
  const close = h('button', { type: 'button', className: 'btn sm' }, t('close'), h('kbd', {}, 'Esc'))
  const d = /** @type {HTMLDialogElement} */ (h('dialog', { className: 'help', 'aria-labelledby': 'help-title' },
    h('h2', { id: 'help-title' }, t('keys'), h('span', { className: 'sp' }), close), list, h('p', { className: 'note' }, t('legend')),
    h('p', { className: 'toggle' }, sw, h('label', { htmlFor: 'letters' }, t('letters')))))
  close.addEventListener('click', () => d.close())
  document.body.append(d)
  return d
}

/** The buttons in every header. */
function bindHeader() {
  const root = document.documentElement
  document.querySelector('[data-theme-button]')?.addEventListener('click', () => {
    root.dataset.theme = root.dataset.theme === 'dark' ? 'light' : 'dark'
    store.set('theme', root.dataset.theme)
    dispatchEvent(new Event('ipc-look'))
  })
  document.querySelector('[data-keys-button]')?.addEventListener('click', openHelp)
  const menu = document.querySelector('[data-menu]')
  const tools = document.getElementById('tools')
  menu?.addEventListener('click', () => menu.setAttribute('aria-expanded', String(tools?.classList.toggle('open'))))
  tools?.addEventListener('click', () => {
    tools.classList.remove('open')
    menu?.setAttribute('aria-expanded', 'false')
  })
}

/** To the view for projectors and back. */
export function present() {
  const { dataset } = document.documentElement
  if (dataset.view === 'present') delete dataset.view
  else dataset.view = 'present'
  dispatchEvent(new Event('ipc-look'))
}

/** Tabs below 900 px: role=tablist with panels beside it. @param {ParentNode} root @param {(id: string) => void} [chosen] */
export function bindTabs(root, chosen) {
  const tabs = /** @type {HTMLElement[]} */ ([...root.querySelectorAll('[role=tab]')])
  const choose = (/** @type {HTMLElement} */ tab) => {
    for (const b of tabs) {
      const on = b === tab
      b.setAttribute('aria-selected', String(on))
      b.tabIndex = on ? 0 : -1
      document.getElementById(b.getAttribute('aria-controls') ?? '')?.classList.toggle('tabon', on)
    }
    chosen?.(tab.getAttribute('aria-controls') ?? '')
  }
  tabs.forEach((tab, i) => {
    tab.addEventListener('click', () => choose(tab))
    tab.addEventListener('keydown', e => {
      const by = e.key === 'ArrowRight' ? 1 : e.key === 'ArrowLeft' ? -1 : 0
      if (!by) return
      const to = tabs[(i + by + tabs.length) % tabs.length]
      choose(to)
      to.focus()
    })
  })
}

let told = 0
/** @type {any} */
let waiting = 0

/**
 * Speaks to those who listen, at most once in `every` ms: of what comes in between
 * only the newest is said.
 * @param {string} text @param {number} [every]
 */
export function announce(text, every = 0) {
  const at = document.getElementById('say')
  if (!at || !text) return
  clearTimeout(waiting)
  const wait = told + every - performance.now()
  if (wait > 0) return void (waiting = setTimeout(announce, wait, text, 0))
  told = performance.now()
  say(at, text)
}

/** @type {Map<string, HTMLElement>} */
const banners = new Map()

/**
 * One line over the page: one cause, one way on.
 * @param {string} key @param {{bad?: boolean, title: string, text?: string, acts?: [string, () => void][]}|null} what null takes it away
 */
export function banner(key, what) {
  const old = banners.get(key)
  if (!what) {
    old?.remove()
    banners.delete(key)
    return
  }
  const says = h('p', {}, h('b', {}, what.title), what.text ? ' ' + what.text : '')
  const p = old?.querySelector('p')
  if (p) { // said once: what changes is shown, its buttons stay under the finger
    if (p.textContent !== says.textContent) p.replaceWith(says)
    old?.removeAttribute('role')
    return
  }
  const node = h('div', { className: 'banner' + (what.bad ? ' bad' : ''), role: what.bad ? 'alert' : 'status' },
    h('span', { className: 'tick ' + (what.bad ? 'no' : 'off'), 'aria-hidden': 'true' }, what.bad ? '!' : '–'), says,
    h('div', { className: 'go2' }, ...(what.acts ?? []).map(([text, act]) => button(text, 'btn sm', act))))
  document.getElementById('banners')?.append(node)
  banners.set(key, node)
}

/** A card in the middle of the stage, or none. @param {Node[]} content */
export function card(...content) {
  document.querySelector('.stage > .card')?.remove()
  if (content.length) document.querySelector('.panel.stage')?.append(h('div', { className: 'card' }, ...content))
}

/**
 * What the drawing has worked out and the kernel says otherwise, over the stage.
 * @param {any} state @param {() => void} save
 */
export function disagree(state, save) {
  const wrong = state.parts.find((/** @type {any} */ p) => p.agrees === false)
  const old = document.querySelector('.stage > .wrong')
  if (!wrong) return old?.remove()
  const text = t('wrongText', { a: num(wrong.level), b: num(wrong.kernel) })
  const at = old?.querySelector('span')
  if (at) return say(at, text)
  document.querySelector('.panel.stage')?.append(h('div', { className: 'wrong', role: 'alert' }, h('i', { className: 'tick no' }, '!'),
    h('p', {}, h('b', {}, t('wrongTitle', { n: num(Math.abs(wrong.level - wrong.kernel)) })), ' ', h('span', {}, text)), button(t('report'), 'btn sm', save)))
}

/** How many processes of a run are there. @param {any} state */
export const alive = state => state.procs.filter((/** @type {any} */ p) => p.pid && p.st !== 'gone' && p.st !== 'none').length

/** @param {string} text @param {string} cls @param {() => void} act */
export function button(text, cls, act) {
  const b = /** @type {HTMLButtonElement} */ (h('button', { type: 'button', className: cls }, text))
  b.addEventListener('click', act)
  return b
}

/**
 * What the keys of bookmarks do on a page with a clock.
 * @param {import('#ipclab/clock.js').Clock} clock @param {() => void} changed
 */
export function bookmarks(clock, changed) {
  const to = (/** @type {1|-1} */ dir) => () => {
    const n = clock.toMark(dir)
    changed()
    announce(n ? t('atMark', { n, of: clock.marks.length, t: span(clock.t) }) : t('noMark'))
  }
  return {
    mark() {
      const { t: at } = clock
      announce(t(clock.mark() ? 'marked' : 'unmarked', { t: span(at) }))
      changed()
    },
    markBack: to(-1), markForth: to(1),
  }
}

// A page without panels has only this module.
if (globalThis.document) bindHeader()
