// @ts-check
// The bench: hands every panel the frame to draw, at most once for each picture of
// the screen, and passes on what hands and keys ask for.

import { isAct } from '#ipclab/axis.js'
import { say } from '#ipclab/dom.js'
import { Mode } from '#ipclab/event.js'
import { verdictWords } from '#ipclab/experiments.js'
import { alive, announce, banner, bindKeys, bindTabs, bookmarks, disagree, present } from '#ipclab/keys.js'
import '#ipclab/kernelview.js'
import '#ipclab/log.js'
import '#ipclab/plot.js'
import '#ipclab/prove.js'
import { Run } from '#ipclab/run.js'
import '#ipclab/source.js'
import '#ipclab/stage.js'
import { num, t } from '#ipclab/strings.js'
import '#ipclab/timeline.js'
import '#ipclab/transport.js'
import { sentence } from '#ipclab/words.js'

const $ = (/** @type {string} */ q) => /** @type {any} */ (document.querySelector(q))
const data = JSON.parse($('#data').textContent)
const panels = ['ipc-transport', 'ipc-stage', 'ipc-timeline', 'ipc-plot', 'ipc-knobs', 'ipc-prove', 'ipc-source', 'ipc-kernel', 'ipc-log'].map($)
const [transport, , timeline, plot] = panels

let selected = 0
let dirty = false
let drawing = 0
let told = -1 // the index that was announced last
let lostTold = 0
let thinTold = false
let sum = { at: 0, n: 0 } // of the aggregate that was announced last

const run = new Run(data, {
  changed: kick,
  begun() {
    told = -1
    lostTold = 0
    thinTold = false
    sum = { at: 0, n: 0 }
  },
  judged(news) {
    const { chosen, verdict } = run
    const experiments = data.info.experiments ?? []
    $('ipc-tries').show({ experiments, chosen, verdict, rates: run.rates, role: data.role })
    if (!news || !verdict || verdict.state === 'running') return
    const e = experiments.find((/** @type {any} */ x) => x.name === chosen)
    const { head, text } = verdictWords(e, verdict, data.role)
    announce(`${e.title}. ${head}: ${text}`)
  },
})
const { clock } = run

// ——— the picture

function kick() {
  dirty = true
  drawing ||= requestAnimationFrame(draw)
}

/** @param {number} now */
function draw(now) {
  drawing = 0
  const changed = clock.tick(now)
  if ((changed || dirty) && run.header) {
    dirty = false
    const full = clock.live && clock.mode === Mode.FULL
    const frame = clock.frame(now, run.header, {
      selected, pace: run.pace, paused: run.paused, role: data.role, window: timeline.window ?? 2e9, aggregate: full ? run.aggregate : null,
    })
    plot.hidden = !(full && run.aggregate)
    for (const p of panels) p.update?.(frame)
    tellStates(frame)
    speak(frame)
  }
  if (clock.moving) drawing ||= requestAnimationFrame(draw)
}

// While one looks at the past, the distance to now grows without anything coming in.
setInterval(() => {
  if (!clock.live && !clock.over && !document.hidden) kick()
}, 250)

/** Every operation in Step and in the past, some in Slow, at full speed a sum now and then. @param {any} frame */
function speak(frame) {
  if (!frame.live && frame.playing) return
  const a = frame.aggregate
  if (a) {
    const n = a.procs.reduce((/** @type {number} */ s, /** @type {any} */ p) => s + p.received, 0)
    if (a.at - sum.at < 9e9) return
    const rate = Math.round(((n - sum.n) / (a.at - sum.at)) * 1e9)
    if (sum.at) announce(t('sayFull', { n: num(rate), lost: a.dropped ? t('sayLost', { n: num(a.dropped) }) : t('sayNoneLost') }), 10000)
    sum = { at: a.at, n }
  } else if (frame.mode !== Mode.FULL || !frame.live) {
    let i = frame.index
    const from = frame.live ? told : -1 // in the past one goes both ways
    while (i > from && !isAct(frame.trace.at(i))) i--
    if (i === told || i <= from) return
    told = i
    const s = sentence(frame.trace.at(i), frame.trace.state(i), run.header)
    announce(`${s.who}: ${s.text}`, frame.live && frame.mode === Mode.SLOW ? 2000 : 0)
  }
}

/** What is missing or goes wrong: one cause, one way on. @param {any} frame */
function tellStates({ state }) {
  const n = alive(state)
  const { seen } = run
  say($('[data-pill-text]'), seen ? t('lastSeen', { t: seen.toLocaleTimeString() }) : clock.over ? t('noProcess') : n === 1 ? t('oneProcess') : n ? t('processes', { n }) : t('starting'))
  $('[data-pill] .dot').classList.toggle('off', Boolean(seen) || clock.over || !n)
  const viewers = $('[data-viewers]')
  viewers.hidden = run.viewers < 2
  say(viewers.lastElementChild, t('viewers', { n: num(run.viewers) }))
  if (run.lost > lostTold) {
    lostTold = run.lost
    const all = Math.max(state.seq, run.aggregate?.recorded ?? 0) + run.lost
    banner('lost', {
      bad: true, title: t('lostTitle', { a: num(run.lost), b: num(all) }) + ':', text: t('lostText'),
      acts: [[t('runSlower'), () => run.act('mode slow')], [t('dismiss'), () => banner('lost', null)]],
    })
  }
  if (run.trace.thinned && !thinTold) {
    thinTold = true
    banner('thin', { title: t('thinned'), acts: [[t('dismiss'), () => banner('thin', null)]] })
  }
  disagree(state, () => run.save())
}

// ——— hands

/** @param {() => void} f */
const moved = f => () => {
  f()
  kick()
}

const marks = bookmarks(clock, kick)

async function openExperiments() {
  if (!data.info.experiments?.length) return
  const drawer = $('ipc-experiments')
  drawer.open({ info: data.info, rates: run.rates, chosen: run.chosen, role: data.role })
  drawer.count(await run.askRates()) // other pages have run some too
}

/** What the buttons of the transport say. @type {Record<string, () => void>} */
const presses = {
  toggle: moved(() => clock.toggle()), back: moved(() => clock.step(-1)), forward: moved(() => clock.step(1)), live: () => run.toLive(),
  mark: marks.mark, freeze: () => run.window('1s', true), window: () => run.window('100ms', false), restart: () => run.again(), experiments: openExperiments,
}

/** @param {string} name @param {(detail: any) => void} f */
const on = (name, f) => addEventListener(name, e => f(/** @type {CustomEvent} */ (e).detail))
on('ipc-do', action => run.act(action))
on('ipc-press', word => (word.startsWith('do:') ? run.act(word.slice(3)) : presses[word]?.()))
on('ipc-mode', mode => run.toMode(mode))
on('ipc-seek', to => moved(() => clock.seek(to))())
on('ipc-select', proc => moved(() => (selected = proc === selected ? 0 : proc))())
on('ipc-experiment', name => run.start({ experiment: name }))
on('ipc-look', kick)
on('ipc-set', ({ slow, window }) => {
  if (slow) clock.slow = slow
  if (window) timeline.window = window
  kick()
})
addEventListener('resize', kick)

bindTabs($('.tabs'), id => document.body.classList.toggle('leftopen', id === 'left'))
bindKeys({
  go: () => transport.querySelector('.btn.go')?.click(),
  forward: () => (!clock.live || clock.over ? presses.forward() : clock.mode === Mode.STEP ? run.act('next') : clock.mode === Mode.SLOW ? run.act('one') : undefined),
  back: presses.back, next: () => run.act('next'), block: () => run.act('next block'),
  left: moved(() => clock.scrub(-0.02)), right: moved(() => clock.scrub(0.02)), begin: moved(() => clock.seek({ index: 0 })), live: presses.live,
  step: () => run.toMode(Mode.STEP), slow: () => run.toMode(Mode.SLOW), full: () => run.toMode(Mode.FULL), replay: () => run.replay(),
  ...marks,
  present, experiments: openExperiments,
  log() {
    $('#tab-log')?.click()
    $('ipc-log [role=log]')?.focus()
  },
})
$('[data-experiments-button]')?.addEventListener('click', openExperiments)
$('[data-save-button]')?.addEventListener('click', () => run.save())

// Below 1400 px the left column is a drawer.
const leftButton = $('[data-left-button]')
const isOpen = () => document.body.classList.contains('leftopen') && matchMedia('(min-width: 900px)').matches

/** @param {boolean} open */
function setLeft(open) {
  document.body.classList.toggle('leftopen', open)
  leftButton?.setAttribute('aria-expanded', String(open))
  if (open) $('.left button, .left input')?.focus()
}
leftButton?.addEventListener('click', () => setLeft(!isOpen()))
document.addEventListener('pointerdown', e => {
  if (isOpen() && !(/** @type {Element} */ (e.target).closest('.left, [data-left-button]'))) setLeft(false)
})
addEventListener('keydown', e => {
  if (e.key !== 'Escape' || !isOpen() || document.querySelector('dialog[open]')) return
  setLeft(false)
  leftButton?.focus()
})
run.open()
