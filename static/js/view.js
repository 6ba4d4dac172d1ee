// @ts-check
// The stage of a lesson: what is drawn of the run, or of an earlier one that was kept;
// the buttons of time above it, with the few knobs of the step; and, on a narrow
// screen, a strip that says the same while the stage is scrolled away.

import { whole } from '#ipclab/answers.js'
import { isAct } from '#ipclab/axis.js'
import { Clock } from '#ipclab/clock.js'
import { h, say } from '#ipclab/dom.js'
import { Mode } from '#ipclab/event.js'
import { alive, announce, disagree } from '#ipclab/keys.js'
import { Control } from '#ipclab/knobs.js'
import { get } from '#ipclab/live.js'
import { read, traceOf } from '#ipclab/recording.js'
import { still } from '#ipclab/run.js'
import { num, t } from '#ipclab/strings.js'
import { nameOf, sentence } from '#ipclab/words.js'

/** @typedef {{header: any, trace: any, from: number, to: number}} Kept a run, and the events between which its step was */

const $ = (/** @type {string} */ q) => /** @type {any} */ (document.querySelector(q))

/**
 * The recording of a step that ipclab brings along, and what it was judged to be.
 * Throws a sentence if there is none.
 * @param {string} lesson @param {string} step @returns {Promise<Kept & {report: any}>}
 */
export async function recorded(lesson, step) {
  const [file, report] = await Promise.all(['recording', 'report'].map(what => get(`/lessons/${lesson}/${step}/${what}`)))
  if (!file.ok || !report.ok) throw new Error(file.data?.error ?? report.data?.error ?? t('noRecording'))
  const r = read(new Uint8Array(file.data))
  return { report: whole(report.data), header: r.header, trace: traceOf(r), from: 0, to: r.events.length - 1 }
}

export class View {
  /** What the page does at the moment. @type {'predict'|'ready'|'running'|'failed'|'report'|'why'} */
  phase = 'predict'
  selected = 0

  #dirty = false
  #drawing = 0
  #told = -1
  /** @type {{clock: Clock, header: any}|null} what is drawn instead of the run */
  #other = null
  #strip = $('[data-strip]')
  #panels = ['ipc-stage', 'ipc-timeline', 'ipc-log'].map($)

  /** @param {import('#ipclab/run.js').Run} run @param {any} data of the page @param {(state: any) => void} drawn */
  constructor(run, data, drawn) {
    this.run = run
    this.data = data
    this.drawn = drawn
    addEventListener('ipc-look', this.kick)
    const on = (/** @type {string} */ name, /** @type {(d: any) => void} */ f) => addEventListener(name, e => f(/** @type {CustomEvent} */ (e).detail))
    on('ipc-do', action => run.act(action))
    on('ipc-seek', to => this.move(c => c.seek(to)))
    on('ipc-select', proc => {
      this.selected = proc === this.selected ? 0 : proc
      this.kick()
    })
    const presses = /** @type {Record<string, () => void>} */ ({ toggle: this.toggle, replay: this.replay, back: this.back, forward: this.forward })
    for (const b of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-press]'))) b.addEventListener('click', () => presses[b.dataset.press ?? '']?.())
    addEventListener('resize', this.kick)
    setInterval(() => { // the distance to now grows without anything coming in
      if (!this.clock.live && !this.clock.over && !document.hidden) this.kick()
    }, 250)
    this.#fold()
  }

  get clock() {
    return this.#other?.clock ?? this.run.clock
  }

  get header() {
    return this.#other ? this.#other.header : this.run.header
  }

  /** Draws a run that was kept, from its end; null: the run itself. @param {Kept|null} kept */
  show(kept) {
    this.#other = null
    this.#told = -1
    if (kept && kept.trace !== this.run.trace) {
      const clock = new Clock()
      clock.follow(kept.trace, false)
      clock.over = true
      clock.mode = kept.header.mode
      clock.seek({ index: kept.to })
      this.#other = { clock, header: kept.header }
    } else this.run.toLive()
    this.kick()
  }

  kick = () => {
    this.#dirty = true
    this.#drawing ||= requestAnimationFrame(now => this.#draw(now))
  }

  /** @param {number} now */
  #draw(now) {
    this.#drawing = 0
    const { clock, header, run } = this
    const changed = clock.tick(now)
    if ((changed || this.#dirty) && header && clock.trace) {
      this.#dirty = false
      const past = this.#other ? { recorded: true, mode: 'replay' } : { aggregate: clock.live && clock.mode === Mode.FULL ? run.aggregate : null }
      const frame = clock.frame(now, header, { selected: this.selected, pace: run.pace, paused: run.paused, role: this.data.role, window: this.#panels[1].window, ...past })
      for (const p of this.#panels) p.update(frame)
      this.#buttons(frame)
      this.#tell(frame)
      this.#strips(frame.state)
      this.drawn(frame.state)
    }
    if (clock.moving) this.#drawing ||= requestAnimationFrame(n => this.#draw(n))
  }

  /** @param {any} frame */
  #tell({ state, live, playing, index, trace }) {
    const n = alive(state)
    const none = this.#other || this.clock.over
    const held = state.mode === Mode.STEP && (this.phase === 'predict' || this.phase === 'ready') && state.procs.every((/** @type {any} */ p) => p.st === 'held' || p.st === 'none')
    say($('[data-pill-text]'), this.data.unavailable ? t('replayPill') : none ? t('noProcess') : n === 1 ? t(held ? 'oneHeld' : 'oneProcess') : n ? t(held ? 'held' : 'processes', { n }) : t('starting'))
    $('[data-pill] .dot').classList.toggle('off', Boolean(none) || !n)
    if (!this.#other) disagree(state, () => this.run.save())
    if (live || playing) return
    let i = index
    while (i > 0 && !isAct(trace.at(i))) i--
    if (i === this.#told) return
    this.#told = i
    const s = sentence(trace.at(i), trace.state(i), this.header)
    if (s) announce(`${s.who}: ${s.text}`)
  }

  /** Waits until an event is drawn, but not for long. @param {number} index @returns {Promise<void>} */
  drawnUpTo(index) {
    const end = performance.now() + 3000
    return new Promise(done => {
      const look = () => (!this.clock.live || this.clock.index >= index || performance.now() > end ? done() : void setTimeout(look, 50))
      look()
    })
  }

  // ——— time

  /** Space: holds the picture and lets it go on; afterwards it plays again. */
  toggle = () => {
    const { clock, run } = this
    if (!clock.trace?.length || !this.usable) return
    if (!clock.live) clock.toggle()
    else if (this.phase !== 'running') return this.replay()
    else if (clock.mode === Mode.FULL) return void run.window('1s', true)
    else {
      clock.seek({ index: clock.index })
      announce(t('pictureStands'))
    }
    this.kick()
  }

  back = () => this.move(c => c.step(-1))
  forward = () => this.move(c => c.step(1))

  from = 0 // the event at which the step began

  /** Where the step began: what is shown begins there. @param {number} index */
  startAt(index) {
    this.from = index
    const { trace } = this.clock
    this.#panels[1].since = trace && index > 0 && trace.length > index ? trace.at(index).at : 0
  }

  /** Plays the step again, from its start. */
  replay = () => {
    const { clock } = this
    if (!clock.trace?.length || !this.usable) return
    clock.seek({ index: Math.min(this.from, clock.trace.length - 1) })
    clock.slow = 1
    clock.playing = !still.matches
    this.kick()
  }

  /**
   * Plays a recording in place of the run.
   * @param {Kept & {report: any}} made @param {(lines: any[], over: boolean) => boolean} told how far its lines are, as long as it gives true
   */
  play(made, told) {
    this.show(made)
    this.startAt(0)
    this.replay()
    this.clock.playing = true // also without motion: one picture after the other
    const timer = setInterval(() => {
      const { clock } = this
      const over = !clock.playing && clock.index >= made.trace.length - 1
      const seconds = clock.t / 1e9
      const { lines } = made.report
      const stand = lines.map((/** @type {any} */ l, /** @type {number} */ i) => (over || (lines[i + 1]?.at ?? Infinity) <= seconds ? l : { ...l, saw: '', state: l.at <= seconds ? 'doing' : '' }))
      if (!told(stand, over)) clearInterval(timer)
    }, 100)
  }

  /** Whether there is something to go through. */
  get usable() {
    return this.phase !== 'predict' && this.phase !== 'ready'
  }

  /** @param {(clock: Clock) => void} f */
  move(f) {
    if (!this.usable) return
    f(this.clock)
    this.kick()
  }

  /** @param {any} f */
  #buttons(f) {
    const running = this.phase === 'running'
    const word = !this.usable ? t('play') : f.playing || (running && f.live) ? t('pause') : running || (!f.live && f.index < f.trace.length - 1) ? t('play') : t('playAgain')
    for (const b of document.querySelectorAll('[data-press=toggle]')) say(/** @type {Element} */ (b.firstElementChild), word)
    for (const b of document.querySelectorAll('.play [data-press]')) b.toggleAttribute('disabled', !this.usable || (f.live && running && /** @type {HTMLElement} */ (b).dataset.press === 'forward'))
  }

  // ——— knobs

  /** @type {Map<string, Control>} */
  #controls = new Map()

  /**
   * The knobs that a step needs.
   * @param {string[]} names @param {Record<string, number>} settings @param {(name: string, value: number) => void} turned
   */
  knobs(names, settings, turned) {
    this.#controls.clear()
    const all = this.data.info.knobs.filter((/** @type {any} */ k) => names.includes(k.name))
    for (const k of all) {
      const c = new Control(k, v => {
        c.show(v)
        turned(k.name, v)
      })
      c.show(settings[k.name] ?? k.default)
      this.#controls.set(k.name, c)
    }
    $('[data-knobs]').replaceChildren(...[...this.#controls.values()].map(c => c.node))
  }

  /** Holds the knobs or frees them, and says why. @param {boolean} yes @param {string} why */
  fix(yes, why) {
    for (const c of this.#controls.values()) for (const i of c.inputs) i.toggleAttribute('disabled', yes || this.data.role === 'viewer')
    say($('[data-play-note]'), why)
  }

  /** Puts the knobs back. @param {Record<string, number>} settings */
  turn(settings) {
    for (const c of this.#controls.values()) c.show(settings[c.k.name] ?? c.k.default)
  }

  focusKnob() {
    const [c] = this.#controls.values()
    c?.inputs[0]?.focus()
    return Boolean(c)
  }

  // ——— the strip

  #fold() {
    const strip = this.#strip
    const narrow = matchMedia('(max-width: 979px)')
    let away = false
    const look = () => {
      strip.hidden = !narrow.matches || !away
      this.kick()
    }
    new IntersectionObserver(list => {
      const e = list[list.length - 1]
      away = !e.isIntersecting && e.boundingClientRect.top < 0
      look()
    }, { rootMargin: '-120px 0px 0px' }).observe($('ipc-stage'))
    narrow.addEventListener('change', look)
    strip.addEventListener('click', () => $('.panel.stage').scrollIntoView())
  }

  /** @param {any} state */
  #strips(state) {
    if (this.#strip.hidden) return
    const few = state.procs.slice(0, 6).map((/** @type {any} */ p) => h('span', {}, h('b', { className: 'who ' + p.hue }, nameOf(p, state)), ' ' + p.st))
    const levels = state.parts.filter((/** @type {any} */ p) => !p.off && (p.cap || typeof p.value === 'number')).slice(0, 3)
      .map((/** @type {any} */ p) => h('span', { className: 'mono' }, p.cap ? `${p.id} ${num(p.kernel >= 0 ? p.kernel : p.level)} / ${num(p.cap)}` : `${p.id} ${num(p.value)}`))
    const key = [...few, ...levels].map(x => x.textContent).join()
    if (this.#strip.dataset.key === key) return
    this.#strip.dataset.key = key
    this.#strip.replaceChildren(...few, ...levels, h('span', { className: 'vh' }, t('stageGone')))
  }
}
