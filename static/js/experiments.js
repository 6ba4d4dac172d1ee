// @ts-check
// Prepared experiments: a few in the column, all of them in a drawer.

import { Base, define, h, say, tell } from '#ipclab/dom.js'
import { num, t } from '#ipclab/strings.js'

/**
 * @typedef {object} Experiment
 * @property {string} id @property {string} name @property {string} title @property {string} sees
 * @property {Record<string, number>} [set] @property {number} mode @property {string[]} [do] @property {number} [usually]
 */

/** The timed actions of an experiment: [ms, action]. @param {Experiment} e @returns {[number, string][]} */
export function actionsOf(e) {
  const units = /** @type {Record<string, number>} */ ({ ns: 1e-6, us: 1e-3, 'µs': 1e-3, ms: 1, s: 1000, m: 60000 })
  return (e.do ?? []).flatMap(line => {
    const m = /^\s*([\d.]+)(ns|us|µs|ms|s|m)\s+(.+)$/.exec(line)
    return m ? [/** @type {[number, string]} */ ([Number(m[1]) * units[m[2]], m[3]])] : []
  })
}

/** `<ipc-tries>`: what can be tried first, and what must be seen in what was. */
export class Tries extends Base {
  #shown = ''

  /** @param {{experiments: Experiment[], chosen: string}} data */
  show({ experiments, chosen }) {
    const key = chosen + experiments.length
    if (key === this.#shown) return
    this.#shown = key
    this.hidden = !experiments.length
    const few = experiments.slice(0, 4)
    const now = experiments.find(e => e.name === chosen)
    if (now && !few.includes(now)) few[few.length - 1] = now
    const list = h('div', { className: 'choice', role: 'group', 'aria-label': t('experiments') })
    for (const e of few) {
      const b = h('button', { type: 'button', className: 'opt', 'aria-pressed': String(e === now) }, e.title)
      b.addEventListener('click', () => tell(this, 'ipc-experiment', e.name))
      list.append(b)
    }
    const all = h('button', { type: 'button', className: 'btn sm', 'aria-haspopup': 'dialog' }, t('allOf', { n: experiments.length }), h('kbd', {}, 'E'))
    all.addEventListener('click', () => tell(this, 'ipc-press', 'experiments'))
    const inside = h('div', { className: 'in' }, list)
    if (now) inside.append(h('p', { className: 'check' }, h('span', {}, h('b', {}, t('mustSee') + ':'), ' ' + now.sees)))
    if (experiments.length > few.length) inside.append(h('div', { className: 'pair' }, all))
    this.replaceChildren(h('h2', {}, t('experiments')), inside)
  }
}

/** `<ipc-experiments>`: the drawer. */
export class Experiments extends Base {
  /** @type {HTMLDialogElement|null} */
  #dialog = null
  /** @type {{node: HTMLElement, text: string}[]} */
  #rows = []

  /** @param {{info: any, rates: Record<string, {held: number, runs: number}>, chosen: string, role: string}} data */
  open(data) {
    const d = this.#make(data)
    d.showModal()
    d.querySelector('input')?.focus()
  }

  /** @param {{info: any, rates: Record<string, {held: number, runs: number}>, chosen: string, role: string}} data */
  #make({ info, rates, chosen, role }) {
    this.#dialog?.remove()
    const close = h('button', { type: 'button', className: 'btn sm' }, t('close'), h('kbd', {}, 'Esc'))
    const search = /** @type {HTMLInputElement} */ (h('input', { type: 'search', 'aria-label': t('find'), placeholder: t('findHint') }))
    const list = h('ol', { className: 'ex' })
    const none = h('p', { className: 'card', hidden: true }, t('nothingFound'))
    const d = /** @type {HTMLDialogElement} */ (h('dialog', { className: 'drawer', 'aria-labelledby': 'drawer-title' },
      h('div', { className: 'top' }, h('h2', { id: 'drawer-title' }, t('experimentsWith', { title: info.title }), h('span', { className: 'sp' }), close), h('p', {}, t('experimentsText')), search),
      list, none, h('p', { className: 'foot' }, t('experimentsFoot'))))
    this.#rows = (info.experiments ?? []).map((/** @type {Experiment} */ e) => {
      const node = this.#row(e, rates[e.id], e.name === chosen, role)
      list.append(node)
      return { node, text: [e.id, e.name, e.title, e.sees].join(' ').toLowerCase() }
    })
    search.addEventListener('input', () => {
      const words = search.value.toLowerCase().split(/\s+/)
      for (const r of this.#rows) r.node.hidden = !words.every(w => r.text.includes(w))
      none.hidden = this.#rows.some(r => !r.node.hidden)
    })
    d.addEventListener('keydown', e => {
      const by = e.key === 'ArrowDown' ? 1 : e.key === 'ArrowUp' ? -1 : 0
      if (!by) return
      e.preventDefault()
      const runs = /** @type {HTMLElement[]} */ ([...list.querySelectorAll('li:not([hidden]) button')])
      const i = runs.indexOf(/** @type {HTMLElement} */ (document.activeElement))
      ;(by < 0 && i === 0 ? search : runs[Math.min(runs.length - 1, i + by)])?.focus()
    })
    search.addEventListener('keydown', e => {
      if (e.key === 'Enter') /** @type {HTMLElement|null} */ (list.querySelector('li:not([hidden]) button'))?.click()
    })
    close.addEventListener('click', () => d.close())
    d.addEventListener('click', e => {
      if (e.target === d) d.close() // the veil beside it
    })
    this.append(d)
    this.#dialog = d
    return d
  }

  /** @param {Experiment} e @param {{held: number, runs: number}|undefined} rate @param {boolean} cur @param {string} role */
  #row(e, rate, cur, role) {
    const title = h('h3', {}, e.title)
    if (e.usually) title.append(h('span', { className: 'tag d' }, t('statistical')))
    const low = rate && rate.runs > 0 && rate.held / rate.runs < (e.usually || 1)
    const how = rate?.runs
      ? h('div', { className: 'rate' }, t('rate', { a: num(rate.held), b: num(rate.runs) }), h('small', { className: low ? 'bad' : '' }, low ? t('belowRate') : t('runsHere')))
      : h('div', { className: 'rate' }, '–', h('small', {}, e.usually ? t('expected', { n: num(e.usually * 100) }) : t('notTried')))
    const go = h('button', { type: 'button', className: 'btn sm', 'aria-label': `${t('run')}: ${e.title}` }, t('run'))
    if (role === 'viewer') go.toggleAttribute('disabled', true)
    go.addEventListener('click', () => {
      this.#dialog?.close()
      tell(this, 'ipc-experiment', e.name)
    })
    const what = h('p')
    say(what, e.sees)
    return h('li', { className: cur ? 'cur' : '' }, h('div', {}, title, what), how, go)
  }
}

define('ipc-tries', Tries)
define('ipc-experiments', Experiments)
