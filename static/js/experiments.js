// @ts-check
// Prepared experiments: a few in the column, all of them in a drawer.

import { Base, define, h, say, tell } from '#ipclab/dom.js'
import { button } from '#ipclab/keys.js'
import { num, t } from '#ipclab/strings.js'

/**
 * @typedef {object} Experiment
 * @property {string} id @property {string} name @property {string} title @property {string} sees
 * @property {Record<string, number>} [set] @property {number} mode @property {number} [usually]
 * @property {boolean} [shows] it promises nothing, but tells a number
 */

/**
 * How often an experiment came out as it says, of how many runs; why it did not when
 * it did not last; and the numbers that it told last.
 * @typedef {{held: number, runs: number, miss?: string, shown?: string}} Rate
 */

/**
 * How the experiment of a run stands: left is in seconds.
 * @typedef {object} Verdict
 * @property {string} experiment @property {'running'|'judged'|'taken'|'failed'} state @property {string} sees
 * @property {boolean} ok @property {string} [why] @property {string} [shown] @property {number} [left] @property {Rate} [rate]
 */

// What depends on chance is judged over many runs, never over one.
const many = 10

/** @param {Experiment} e @param {Rate|undefined} rate */
export function rateWords(e, rate) {
  if (!rate?.runs) return { of: '–', text: e.usually ? t('expected', { n: num(e.usually * 100) }) : t('notTried'), low: false, miss: '' }
  if (e.shows) return { of: rate.shown ?? '–', text: t('lastOf', { n: num(rate.runs) }), low: false, miss: '' }
  const least = Math.ceil(rate.runs * (e.usually || 1) - 1e-9)
  const low = rate.held < least && (!e.usually || rate.runs >= many)
  return {
    of: t('rate', { a: num(rate.held), b: num(rate.runs) }), low,
    text: low ? t('belowRate') : e.usually ? t('atLeast', { n: num(least) }) : t('runsHere'),
    miss: low && rate.miss ? t('lastMiss', { why: line(rate.miss) }) : '',
  }
}

/** Several reasons, one after the other. @param {string} why */
const line = why => why.trim().split('\n').join('; ')

/** Numbers never break. @param {string} text */
const whole = text => text.replace(/(\d) (?=\d{3}\b)/g, '$1\u00a0')

/**
 * How it stands, in words and by a mark; past is how many seconds ago that was told.
 * @param {Experiment} e @param {Verdict} v @param {string} role @param {number} [past]
 * @returns {{cls: 'run'|'ok'|'no'|'off', mark: string, head: string, text: string}}
 */
export function verdictWords(e, v, role, past = 0) {
  const why = v.why ? line(v.why) : ''
  const rate = rateWords(e, v.rate)
  const counted = e.usually && v.rate ? ` (${t('statisticalOf', { rate: rate.of })})` : ''
  if (v.state === 'running') {
    const left = Math.ceil((v.left ?? 0) - past)
    return { cls: 'run', mark: '', head: '', text: left > 0 ? t('judgedIn', { n: num(left) }) : t('judgedSoon') }
  }
  if (v.state === 'taken') return { cls: 'off', mark: '–', head: t('notJudged'), text: t(role === 'viewer' ? 'theyTook' : 'youTook') }
  if (v.state === 'failed') return { cls: 'off', mark: '–', head: t('notJudged'), text: why }
  if (v.ok && e.shows) return { cls: 'off', mark: '–', head: t('measured'), text: v.shown ?? '' }
  if (v.ok) return { cls: 'ok', mark: '✓', head: t('seen'), text: whole(v.sees) + counted }
  if (e.usually && !rate.low) return { cls: 'off', mark: '–', head: t('notSeenNow'), text: why + counted }
  return { cls: 'no', mark: '!', head: t('notSeen'), text: why + counted }
}

/** `<ipc-tries>`: what can be tried first, and how what was tried stands. */
export class Tries extends Base {
  #shown = ''
  /** @type {any} */
  #timer
  /** @type {any} the button */
  #again

  /** @param {{experiments: Experiment[], chosen: string, verdict: Verdict|null, rates: Record<string, Rate>, role: string}} data */
  show({ experiments, chosen, verdict, role }) {
    const now = experiments.find(e => e.name === chosen)
    if (chosen + experiments.length !== this.#shown) {
      this.#shown = chosen + experiments.length
      this.#list(experiments, now, role)
    }
    clearInterval(this.#timer)
    const at = this.querySelector('.stands')
    if (!now || !at) return
    this.#again.hidden = role === 'viewer' || !verdict || verdict.state === 'running'
    const told = performance.now()
    const stands = () => at.replaceChildren(...this.#stands(now, verdict, role, (performance.now() - told) / 1000))
    stands()
    if (verdict?.state === 'running') this.#timer = setInterval(stands, 500)
  }

  /** @param {Experiment[]} experiments @param {Experiment|undefined} now @param {string} role */
  #list(experiments, now, role) {
    this.hidden = !experiments.length
    const few = experiments.slice(0, 4)
    if (now && !few.includes(now)) few[few.length - 1] = now
    const list = h('div', { className: 'choice', role: 'group', 'aria-label': t('experiments') })
    for (const e of few) {
      const b = h('button', { type: 'button', className: 'opt', 'aria-pressed': String(e === now) }, e.title)
      b.toggleAttribute('disabled', role === 'viewer')
      b.addEventListener('click', () => tell(this, 'ipc-experiment', e.name))
      list.append(b)
    }
    const all = h('button', { type: 'button', className: 'btn sm', 'aria-haspopup': 'dialog' }, t('allOf', { n: experiments.length }), h('kbd', {}, 'E'))
    all.addEventListener('click', () => tell(this, 'ipc-press', 'experiments'))
    const inside = h('div', { className: 'in' }, list)
    const pair = h('div', { className: 'pair' })
    if (now) {
      inside.append(h('div', { className: 'stands' }))
      this.#again = button(t('runAgain'), 'btn sm', () => tell(this, 'ipc-experiment', now.name))
      pair.append(this.#again)
    }
    if (experiments.length > few.length) pair.append(all)
    inside.append(pair)
    this.replaceChildren(h('h2', {}, t('experiments')), inside)
  }

  /** @param {Experiment} e @param {Verdict|null} verdict @param {string} role @param {number} past */
  #stands(e, verdict, role, past) {
    const must = h('p', { className: 'check' }, h('span', {}, h('b', {}, t('mustSee') + ':'), ' ' + whole(e.sees)))
    if (!verdict) return [must]
    const { cls, mark, head, text } = verdictWords(e, verdict, role, past)
    if (cls === 'run') return [must, h('p', { className: 'note' }, text)]
    const is = h('p', { className: 'check ' + cls }, h('span', { className: 'tick ' + cls, 'aria-hidden': 'true' }, mark), h('span', {}, h('b', {}, head + ':'), ' ' + text))
    return cls === 'ok' ? [is] : [must, is]
  }
}

/** `<ipc-experiments>`: the drawer. */
export class Experiments extends Base {
  /** @type {HTMLDialogElement|null} */
  #dialog = null
  /** @type {{e: Experiment, node: HTMLElement, rate: HTMLElement, text: string}[]} */
  #rows = []

  /** @param {{info: any, rates: Record<string, Rate>, chosen: string, role: string}} data */
  open(data) {
    const d = this.#make(data)
    this.count(data.rates)
    d.showModal()
    d.querySelector('input')?.focus()
  }

  /** Writes how often each came out as it says. @param {Record<string, Rate>} rates */
  count(rates) {
    for (const { e, rate } of this.#rows) {
      const { of, text, low, miss } = rateWords(e, rates[e.id])
      rate.replaceChildren(of, h('small', { className: low ? 'bad' : '' }, text), ...(miss ? [h('small', {}, miss)] : []))
    }
  }

  /** @param {{info: any, chosen: string, role: string}} data */
  #make({ info, chosen, role }) {
    this.#dialog?.remove()
    const close = h('button', { type: 'button', className: 'btn sm' }, t('close'), h('kbd', {}, 'Esc'))
    const search = /** @type {HTMLInputElement} */ (h('input', { type: 'search', 'aria-label': t('find'), placeholder: t('findHint') }))
    const list = h('ol', { className: 'ex' })
    const none = h('p', { className: 'card', hidden: true }, t('nothingFound'))
    const d = /** @type {HTMLDialogElement} */ (h('dialog', { className: 'drawer', 'aria-labelledby': 'drawer-title' },
      h('div', { className: 'top' }, h('h2', { id: 'drawer-title' }, t('experimentsWith', { title: info.title }), h('span', { className: 'sp' }), close), h('p', {}, t('experimentsText')), search),
      list, none, h('p', { className: 'foot' }, t('experimentsFoot'))))
    this.#rows = (info.experiments ?? []).map((/** @type {Experiment} */ e) => {
      const rate = h('div', { className: 'rate' })
      const node = this.#row(e, rate, e.name === chosen, role)
      list.append(node)
      return { e, node, rate, text: [e.id, e.name, e.title, e.sees].join(' ').toLowerCase() }
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

  /** @param {Experiment} e @param {HTMLElement} rate @param {boolean} cur @param {string} role */
  #row(e, rate, cur, role) {
    const title = h('h3', {}, e.title)
    if (e.usually) title.append(h('span', { className: 'tag d' }, t('statistical')))
    if (e.shows) title.append(h('span', { className: 'tag d' }, t('showsNumber')))
    const go = h('button', { type: 'button', className: 'btn sm', 'aria-label': `${t('run')}: ${e.title}` }, t('run'))
    if (role === 'viewer') go.toggleAttribute('disabled', true)
    go.addEventListener('click', () => {
      this.#dialog?.close()
      tell(this, 'ipc-experiment', e.name)
    })
    const what = h('p')
    say(what, whole(e.sees))
    return h('li', { className: cur ? 'cur' : '' }, h('div', {}, title, what), rate, go)
  }
}

define('ipc-tries', Tries)
define('ipc-experiments', Experiments)
