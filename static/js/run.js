// @ts-check
// The run behind a page: it is started or joined, acted upon, replayed and kept.

import { Clock } from '#ipclab/clock.js'
import { h } from '#ipclab/dom.js'
import { Fact, Kind, Mode, modeNames } from '#ipclab/event.js'
import { readFrames } from '#ipclab/frames.js'
import { announce, banner, button, card } from '#ipclab/keys.js'
import { valueText } from '#ipclab/knobs.js'
import { get, Live, post } from '#ipclab/live.js'
import { download, write } from '#ipclab/recording.js'
import { num, t } from '#ipclab/strings.js'
import { Trace } from '#ipclab/trace.js'

export const still = matchMedia('(prefers-reduced-motion: reduce)')
const titles = /** @type {const} */ (['full', 'step', 'slow']) // by lab.Mode

/** @param {unknown} error */
const sentenceOf = error => (typeof error === 'string' && error ? error[0].toUpperCase() + error.slice(1) + (/[.!?]$/.test(error) ? '' : '.') : '')

const minus = () => h('span', { className: 'tick off', 'aria-hidden': 'true' }, '–')

/** Settings that came with the address, from a recording; the server checks them again. @param {any} info */
function asked(info) {
  try {
    const all = Object.entries(JSON.parse(new URLSearchParams(location.hash.slice(1)).get('settings') ?? '{}'))
    return { settings: Object.fromEntries(all.filter(([k, v]) => Number.isSafeInteger(v) && info.knobs.some((/** @type {any} */ x) => x.name === k))) }
  } catch {
    return {} // an address that somebody wrote by hand
  }
}

/**
 * @typedef {object} Hooks what a page does about a run
 * @property {() => void} changed something else is to be drawn
 * @property {() => void} begun a new epoch
 * @property {(news: boolean) => void} [judged] its experiment stands differently
 * @property {(report: any) => void} [report] how the step of a lesson stands
 * @property {() => void} [renew] the lab that had it is no more
 */

export class Run {
  clock = new Clock()
  /** @type {any} the scene frame */
  header = null
  /** @type {any} all that was sent of the run */
  trace = null
  /** @type {any} the newest */
  aggregate = null
  pace = 1
  paused = false
  lost = 0 // records for which a ring had no room
  chosen = '' // the experiment that it is
  viewers = 1 // pages that show it
  /** @type {Date|null} when the server was heard last, if it does not answer */
  seen = null
  /** @type {import('#ipclab/experiments.js').Verdict|null} how the experiment stands */
  verdict = null
  /** @type {Record<string, import('#ipclab/experiments.js').Rate>} by experiment ID */
  rates = {}

  /** @type {Live|null} */
  #live = null
  #heldBack = 0 // records that the server did not send
  #epochs = 0
  #doing = Promise.resolve()

  /** @param {any} data of the page @param {Hooks} on */
  constructor(data, on) {
    this.data = data
    this.on = on
    this.chosen = data.experiment ?? ''
    this.rates = data.rates ?? {}
  }

  /** The ID of the run that the page shows, '' if there is none that goes on. */
  get id() {
    return this.clock.over ? '' : this.#live?.id ?? ''
  }

  /** Joins the run that the page was opened for, or starts one. */
  open() {
    if (this.data.unavailable) this.#cannot()
    else if (this.data.run) this.#join(this.data.run)
    else this.start(this.data.experiment ? { experiment: this.data.experiment } : asked(this.data.info))
  }

  /** @param {Record<string, any>} [more] settings, experiment, mode, pace */
  async start(more = {}) {
    const slow = still.matches ? { mode: 'step' } : { mode: 'slow', pace: 1 }
    const seed = 1 + Math.floor(Math.random() * 9999) // short enough to be said in class
    const body = { mechanism: this.data.info.id, seed, ...(more.experiment ? {} : slow), ...more }
    const id = await this.ask('/runs', body, b => this.start(b))
    if (!id) return
    this.chosen = more.experiment ?? ''
    const url = new URL(location.href)
    url.searchParams.set('run', id)
    if (this.chosen) url.searchParams.set('experiment', this.chosen)
    else url.searchParams.delete('experiment')
    history.replaceState(null, '', url)
  }

  /**
   * Asks the server for a run and joins it, if it is another one.
   * @param {string} path @param {Record<string, any>} body @param {(body: Record<string, any>) => void} retry
   * @returns {Promise<string>} its ID, or '' if it was refused: the page says why
   */
  async ask(path, body, retry) {
    card()
    const { ok, status, data: answer } = await post(path, body)
    if (!ok) {
      this.#refused(status, answer, body, retry)
      return ''
    }
    if (answer.id !== this.#live?.id) {
      if (this.#live) {
        this.#live.close()
        if (!this.clock.over) post(`/runs/${this.#live.id}/do`, 'stop')
      }
      this.#join(answer.id)
    }
    return answer.id
  }

  /** Starts it anew: new processes, the same settings; an experiment as it is prepared. */
  again() {
    this.start(this.chosen ? { experiment: this.chosen } : { settings: this.header.settings, mode: titles[this.clock.mode], pace: this.pace })
  }

  /** How often experiments came out so, by now. */
  async askRates() {
    const { ok, data: rates } = await get(`/bench/${this.data.info.id}/rates`)
    if (ok) this.rates = rates
    return this.rates
  }

  /** The lab performs an experiment by itself, and tells how it stands. @param {import('#ipclab/experiments.js').Verdict} v */
  #judge(v) {
    const e = this.data.info.experiments?.find((/** @type {any} */ x) => x.name === v.experiment)
    if (!e) return
    const news = v.state !== this.verdict?.state // else it is told again, after the line was lost
    this.verdict = v
    this.chosen = v.experiment
    if (v.rate) this.rates[e.id] = v.rate
    this.on.judged?.(news)
  }

  #cannot() {
    const { info, unavailable } = this.data
    card(h('h2', {}, minus(), t('cannotTitle', { title: info.title })), h('p', {}, sentenceOf(unavailable)),
      h('div', { className: 'go2' }, h('a', { className: 'btn', href: '/play' }, t('useRecording')), h('a', { className: 'btn', href: '/doctor' }, t('whatShows'))))
  }

  /** @param {number} status @param {any} answer @param {Record<string, any>} body @param {(body: Record<string, any>) => void} retry */
  #refused(status, answer, body, retry) {
    const again = () => {
      banner('gone', null)
      retry(body)
    }
    if (!status) return banner('gone', { bad: true, title: t('goneTitle', { n: 2 }), text: t('goneWay'), acts: [[t('tryAgain'), again]] })
    const { asked, left, limit, fits, error } = answer ?? {}
    const side = (/** @type {string} */ what, /** @type {number} */ n) => h('div', {}, what, h('b', {}, num(n)))
    const sides = asked === undefined ? [] : [h('div', { className: 'sides' }, side(t('youAsked'), asked), left === undefined ? side(t('atMost'), limit) : side(t('leftHere'), left))]
    const knob = (/** @type {string} */ name) => this.data.info.knobs.find((/** @type {any} */ k) => k.name === name)
    const would = Object.entries(fits ?? {}).map(([k, v]) => (knob(k) ? `${knob(k).label} ${valueText(knob(k), Number(v))}` : `${k} ${v}`)).join(', ')
    card(h('h2', {}, minus(), t(sides.length ? 'refusedTitle' : 'refusedShort')), ...sides, h('p', {}, sentenceOf(error)), h('p', {}, t('refusedText')),
      h('div', { className: 'go2' }, ...(would ? [button(t('runWith', { fits: would }), 'btn', () => retry({ ...body, settings: { ...body.settings, ...fits } }))] : []), button(t('tryAgain'), 'btn', again), ...(this.header ? [button(t('dismiss'), 'btn', () => card())] : [])))
  }

  /** @param {string} id */
  #join(id) {
    this.#epochs = 0
    const kept = /** @type {[string, () => void][]} */ ([[t('saveHere'), () => this.saveHere()]])
    const well = () => {
      document.body.classList.remove('gone')
      this.seen = null
      banner('gone', null)
      this.on.changed()
    }
    this.#live = new Live(id, {
      scene: (/** @type {any} */ scene, /** @type {boolean} */ fresh) => fresh && this.#begin(scene),
      viewers: (/** @type {number} */ n) => {
        this.viewers = n
        this.on.changed()
      },
      verdict: (/** @type {any} */ v) => this.#judge(v),
      report: (/** @type {any} */ r) => this.on.report?.(r),
      events: (/** @type {any[]} */ list, /** @type {number} */ dropped) => this.#take(list, dropped),
      aggregate: (/** @type {any} */ a, /** @type {number} */ dropped) => {
        this.aggregate = a
        this.lost = Math.max(this.lost, a.dropped)
        this.#heldBack += dropped
        this.trace.aggregate(a)
        if (this.clock.live) this.on.changed()
      },
      end: () => {
        const { clock, trace } = this
        clock.over = true
        // It may have ended before all of it was drawn.
        if (clock.live && trace.length) clock.seek({ index: trace.length - 1 })
        clock.live = false
        announce(`${t('endedTitle')} ${t('endTruth')}`) // the transport shows it, and how to go on
        this.on.changed()
      },
      gone: (/** @type {number} */ seconds) => {
        document.body.classList.add('gone')
        this.seen ??= new Date(Date.now() - seconds * 1000)
        this.on.changed()
        banner('gone', { bad: true, title: t('goneTitle', { n: num(seconds) }), text: `${t('goneText')} ${t('goneWay')}`, acts: kept })
      },
      back: well,
      stale: () => banner('gone', { bad: true, title: t('staleTitle'), text: t('staleText'), acts: kept }),
      over: (/** @type {string} */ why) => {
        well()
        this.clock.over = true
        if (why && !this.header) return this.#refused(409, { error: why }, {}, () => this.start())
        this.#live = null // the lab that had it is no more
        banner('new', { title: t('newRun'), text: t('newRunText'), acts: [[t('dismiss'), () => banner('new', null)]] })
        if (this.on.renew) this.on.renew()
        else this.start({ settings: this.header?.settings })
      },
    })
  }

  /** @param {any} scene */
  #begin(scene) {
    const { clock } = this
    this.header = scene
    scene.settings ??= {}
    this.trace = new Trace(scene)
    this.aggregate = null
    this.#heldBack = this.lost = 0
    clock.follow(this.trace, true)
    clock.mode = scene.mode
    this.#setMode(scene.mode, scene.pace)
    banner('lost', null)
    card()
    if (this.#epochs++) announce(t('newRun'))
    this.verdict = null
    if (scene.epoch > 1) this.chosen = '' // only the first start is the experiment
    this.on.begun()
    this.on.judged?.(false)
    this.on.changed()
  }

  /** @param {any[]} list @param {number} dropped */
  #take(list, dropped) {
    this.#heldBack += dropped
    for (const e of list) {
      if (e.kind === Kind.STATE && e.call === Fact.MODE) this.#setMode(e.ret, e.level / 1000)
      if (e.kind === Kind.LOST && e.proc) this.lost += e.level
    }
    // At full speed nothing is missing, as the server sends sums instead; but what is
    // looked up in the end must not be taken for what the last record here said.
    if (this.clock.mode !== Mode.FULL || list.some(e => e.kind === Kind.EXIT)) {
      this.trace.gap(this.#heldBack)
      this.#heldBack = 0
    }
    this.trace.push(list)
    if (this.clock.live) this.on.changed()
  }

  /** @param {number} mode @param {number} rate operations a second; 0: paused */
  #setMode(mode, rate) {
    if (mode !== this.clock.mode) announce(t('sayMode', { mode: t(titles[mode]) }))
    this.clock.mode = mode
    this.paused = mode === Mode.SLOW && rate === 0
    if (rate > 0) this.pace = rate
  }

  /** Asks for an action; a real run cannot be changed in its past. @param {string} action */
  act(action) {
    const { clock, data } = this
    if (data.role === 'viewer' || !this.#live) return
    if (clock.over) return void (action === 'restart' && this.again())
    if (!clock.live) {
      this.toLive()
      announce(t('acting'))
    }
    const { id } = this.#live
    this.#doing = this.#doing.then(async () => {
      const { ok, status, data: answer } = await post(`/runs/${id}/do`, action === 'one' ? 'pause\nnext' : action)
      banner('do', null)
      if (ok || !status) return
      banner('do', { title: t('notDone', { why: answer?.error ?? status }) })
      setTimeout(() => banner('do', null), 6000)
    })
  }

  /** @param {number} mode -1: the past */
  toMode(mode) {
    if (mode < 0) this.replay()
    else if (mode !== this.clock.mode) this.act(`mode ${modeNames[mode]}`)
    else this.toLive()
  }

  toLive() {
    if (this.clock.over) return
    this.clock.trace = this.trace
    if (!this.clock.live) announce(t('sayLive'))
    this.clock.toLive()
    this.on.changed()
  }

  /** Plays the last operations again, at the speed at which they came. */
  replay() {
    const { clock } = this
    if (!clock.live) return
    if (clock.mode === Mode.FULL) return void this.window('100ms', false)
    for (let i = 0; i < 10; i++) clock.step(-1)
    clock.playing = !still.matches
    announce(t('sayPast'))
    this.on.changed()
  }

  /** Fetches the last stretch at full speed and shows it, slowly. @param {string} last @param {boolean} atEnd */
  async window(last, atEnd) {
    const { trace } = this
    const { ok, data: bytes } = await get(`/runs/${this.#live?.id}/records?last=${last}`)
    const list = ok ? readFrames(bytes).flatMap((/** @type {any} */ f) => f.events) : []
    if (!list.length || trace !== this.trace) return
    let of = trace
    let from = trace.indexOf(list[0].seq)
    if (from < 0 || trace.length - from < list.length) { // not all of it is here: it gets a trace of its own
      of = new Trace(this.header)
      const known = [] // what held before it: who is who
      for (let i = 0; i < trace.length && trace.at(i).seq < list[0].seq; i++) {
        const e = trace.at(i)
        if (e.kind === Kind.SPAWN || e.kind === Kind.STATE || e.kind === Kind.KNOB) known.push(e)
      }
      of.push(known)
      of.gap(list[0].seq - 1 - known.length)
      of.push(list)
      from = of.length - list.length
    }
    this.clock.trace = of
    this.clock.seek({ index: atEnd ? of.length - 1 : from })
    announce(t('sayPast'))
    this.on.changed()
  }

  /** Keeps the run in a file: as the server has it, or if that is gone, as the page has it. */
  save() {
    if (!this.#live || document.body.classList.contains('gone')) return this.saveHere()
    h('a', { href: `/runs/${this.#live.id}/recording`, download: `${this.header.mechanism.id}-${this.#live.id}.ipclab` }).click()
  }

  saveHere() {
    if (!this.header) return
    const { trace } = this
    const events = function* () {
      for (let i = 0; i < trace.length; i++) yield trace.at(i)
    }
    download(write(this.header, events()), `${this.header.mechanism.id}.ipclab`)
    announce(t('saved', { n: num(trace.length) }))
  }
}
