// @ts-check
// A lesson: the student predicts, the run decides, the student says what was seen,
// and the claims are checked on this very run. A step goes through phases:
//
//	predict → ready → running → report → why
//
// without a question ready → running → why. Failed: what should come about did not.

import { behind, changes, count, isWhole, whole } from '#ipclab/answers.js'
import * as ask from '#ipclab/ask.js'
import { copyFrom, current, h, say } from '#ipclab/dom.js'
import { announce, bindKeys, bookmarks, button, card, present } from '#ipclab/keys.js'
import '#ipclab/log.js'
import * as progress from '#ipclab/progress.js'
import { Run } from '#ipclab/run.js'
import '#ipclab/stage.js'
import { t } from '#ipclab/strings.js'
import '#ipclab/timeline.js'
import * as show from '#ipclab/told.js'
import { recorded, View } from '#ipclab/view.js'

/** @typedef {import('#ipclab/answers.js').Report} Report */
/** @typedef {import('#ipclab/view.js').View['phase']} Phase */
/** @typedef {import('#ipclab/view.js').Kept & {report: Report, prediction: string[], sure: number, saw: string[]}} Made a run that the student made of a step */

/**
 * What is known of a step since the page was opened.
 * @typedef {object} Step
 * @property {any} is of the lesson
 * @property {HTMLElement} node
 * @property {Phase} phase
 * @property {string[]} prediction
 * @property {number} sure
 * @property {Record<string, number>} over the knobs that the student turned
 * @property {Made[]} runs by different settings
 * @property {number} shown which of them
 */

const $ = (/** @type {string} */ q, /** @type {ParentNode} */ from = document) => /** @type {any} */ (from.querySelector(q))
const $$ = (/** @type {string} */ q, /** @type {ParentNode} */ from = document) => /** @type {any[]} */ ([...from.querySelectorAll(q)])
const data = JSON.parse($('#data').textContent)
const replays = Boolean(data.unavailable)
const viewer = data.role === 'viewer'
const begun = progress.load()
const wide = matchMedia('(min-width: 980px)')

/** @type {Step[]} */
const steps = data.steps.map((/** @type {any} */ is) => ({
  is, node: $(`[data-step="${is.id}"]`), phase: is.question ? 'predict' : 'ready', prediction: [], sure: 0, over: {}, runs: [], shown: 0,
}))
let at = -1 // the step that is shown; -1: the questions from earlier lessons; steps.length: the end
let performing = false // the lab has been asked
let settling = false // the picture goes on to where it was judged
/** @type {Report|null} */
let newest = null
let began = { trace: null, index: 0 } // of the run, when the step was begun

const run = new Run(data, { changed: () => view.kick(), begun() {}, report: reported, renew })
const view = new View(run, data, drawn)
const here = () => steps[at]

// ——— phases

/** Shows the parts of a phase. @param {Phase} phase @param {boolean} [quiet] keeps the focus where it is */
function turn(phase, quiet) {
  const s = here()
  s.phase = view.phase = $('main').dataset.phase = phase
  show.parts(s.node, phase)
  terminals()
  fixKnobs()
  primary()
  if (!quiet || !document.activeElement?.checkVisibility?.() || document.activeElement === document.body) focus(phase)
  view.kick()
}

/** Of the buttons that lead on, the one that can be seen is yellow. */
function primary() {
  const all = $$('[data-go]')
  const one = all.find(b => b.checkVisibility())
  for (const b of all) b.classList.toggle('go', b === one)
  return one
}

/** @param {Phase} phase */
function focus(phase) {
  const { node } = here()
  const to = { predict: '.ask input, .ask button', ready: '[data-act=run]', running: '[data-press=toggle]', failed: '[data-act=run]', report: '[data-ask=saw] h2', why: '[data-checked]' }[phase]
  const e = $$(to, node).find(x => x.checkVisibility())
  e?.focus({ preventScroll: phase === 'predict' || phase === 'running' })
  if (phase === 'running' && !wide.matches) $('.panel.stage').scrollIntoView()
  if (phase === 'report' || phase === 'why') e?.scrollIntoView({ block: 'nearest' })
}

function fixKnobs() {
  const { phase, over, is } = here()
  const turned = changes(data.info.knobs, is.settings, { ...is.settings, ...over }).map(c => t('changedOne', c) + '.')
  const note = replays ? t('fixedReplay') : phase === 'running' ? t('fixedRun') : phase === 'report' ? t('fixedReport')
    : turned.length ? turned.join(' ') : phase === 'why' ? t('knobFree') : phase === 'predict' ? t('nothingYet') : ''
  view.fix(replays || !['predict', 'failed', 'why'].includes(phase), is.knobs ? note : phase === 'predict' ? t('nothingYet') : '')
}

// ——— going through the lesson

/** @param {number} i @param {boolean} [first] the page has just been opened */
function go(i, first) {
  const left = steps[at]
  if (left?.phase === 'running') { // nobody waits for it any more
    left.phase = 'ready'
    clear(left)
  }
  at = i
  const s = steps[i]
  $('[data-recall]')?.toggleAttribute('hidden', i !== -1)
  $('[data-end]').hidden = i < steps.length
  steps.forEach((x, n) => (x.node.hidden = n !== i))
  $$('.steps a').forEach((a, n) => current(a, n === i))
  say($('[data-step-count]'), i >= steps.length ? t('lessonEnd') : t('stepOf', { a: Math.max(1, i + 1), b: steps.length }))
  if (i >= steps.length) return end()
  if (!s) return void primary()
  if (location.hash !== '#' + s.is.id) history.replaceState(null, '', '#' + s.is.id)
  view.knobs(s.is.knobs ?? [], { ...s.is.settings, ...s.over }, (name, v) => {
    if (v === s.is.settings[name]) delete s.over[name]
    else s.over[name] = v
    fixKnobs()
  })
  turn(s.phase, first)
  if (!first) {
    scrollTo({ top: 0 })
    announce(`${t('stepOf', { a: i + 1, b: steps.length })}: ${s.is.title}`)
  }
  const made = s.runs[s.shown]
  if (made) look(s.shown)
  else if (replays) fetchRecording()
  else {
    view.show(null)
    hold()
  }
}

let heldFor = '' // the step whose processes wait

/**
 * Real processes, held before their first operation, so that the stage shows them. A
 * step that goes on with those of the step before changes nothing.
 */
async function hold() {
  const s = here() ?? steps[0]
  if (replays || (run.id && heldFor === s.is.id)) return
  say($('[data-ready-note]', s.node), viewer ? t('viewerRun') : '')
  for (const b of $$('[data-act=run]', s.node)) b.disabled = viewer
  if (!viewer && (await run.ask(`/lessons/${data.id}/hold`, { step: s.is.id, run: run.id }, hold))) heldFor = s.is.id
}

/** The lab was started anew: so is the step. */
function renew() {
  if (here()?.phase === 'running') {
    clear(here())
    turn('ready', true)
  }
  hold()
}

async function perform() {
  const s = here()
  if (performing || viewer) return
  if (replays) return playRecording()
  performing = true
  newest = null
  heldFor = ''
  view.show(null)
  began = { trace: run.trace, index: run.trace?.length ?? 0 }
  turn('running')
  const id = await run.ask(`/lessons/${data.id}/runs`, { step: s.is.id, settings: s.over, run: run.id }, perform)
  performing = false
  if (!id && here() === s && s.phase === 'running') turn('ready')
}

/** How the step stands. @param {any} given the report */
function reported(given) {
  const r = whole(given)
  const i = steps.findIndex(x => x.is.id === r.step)
  const s = steps[i]
  if (!s || s.phase !== 'running') return
  newest = r
  view.startAt(run.trace === began.trace ? began.index : 0)
  const line = show.lines($('.do', s.node), r.lines)
  if (line && i === at) {
    announce(line)
    if (wide.matches) $('.do [aria-current]', s.node)?.scrollIntoView({ block: 'nearest' })
  }
  if (r.state === 'running' || i !== at) return
  if (r.state === 'judged') return void settle(s, { report: r, header: run.header, trace: run.trace, from: view.from, to: run.trace.length - 1, saw: [], prediction: s.prediction, sure: s.sure })
  if (r.state === 'failed') {
    const line = r.lines.find(l => l.state === 'failed')
    say($('[data-failed]', s.node), line ? t('failedLine', { line: line.text }) : r.why ?? '')
    return turn('failed', true)
  }
  const why = r.state === 'skipped' ? t('cannotPerform', { why: r.why ?? '' }) : t('stoppedRun')
  clear(s)
  say($('[data-ready-note]', s.node), why)
  announce(why)
  turn('ready', true)
}

/** It is asked what was seen when it has been seen: the picture may be behind. @param {Step} s @param {Made} made */
async function settle(s, made) {
  if (settling) return
  settling = true
  await view.drawnUpTo(made.to)
  settling = false
  if (here() === s && s.phase === 'running') judged(s, made)
}

/** Nothing has been done yet. @param {Step} s */
const clear = s => void show.lines($('.do', s.node), $$('.do > li', s.node).map(li => ({ line: li.dataset.line, state: '' })))

/** @param {Step} s @param {Made} made */
function judged(s, made) {
  const same = s.runs.findIndex(x => JSON.stringify(x.report.settings) === JSON.stringify(made.report.settings))
  if (same >= 0) s.runs[same] = made
  else s.runs.push(made)
  s.shown = s.runs.indexOf(made)
  announce(t(s.is.question ? 'doneSeen' : 'doneChecked'))
  if (s.is.question) turn('report', true)
  else checked(s)
}

// ——— answers

/** @param {Step} s */
function bindForms(s) {
  const { question } = s.is
  if (!question) return
  const predict = $('[data-ask=predict]', s.node)
  const saw = $('[data-ask=saw]', s.node)
  ask.bind(predict, () => isWhole(question, ask.read(predict)) && ask.sure(predict) > 0, (answer, sure) => {
    Object.assign(s, { prediction: answer, sure })
    show.quote(s, predict)
    progress.note(data, s.is.id, { prediction: answer, sure, misconceptions: behind(question, answer) })
    ask.put(saw, [])
    ask.mark(saw, answer, t('yourPrediction'))
    turn('ready')
  })
  ask.bind(saw, () => isWhole(question, ask.read(saw)), answer => {
    s.runs[s.shown].saw = answer
    progress.note(data, s.is.id, { saw: answer })
    checked(s)
  })
}

/** The claims are shown: the step is done. @param {Step} s */
function checked(s) {
  const { report: r } = s.runs[s.shown]
  const n = count(r)
  progress.note(data, s.is.id, { held: n.held, of: n.of, done: true })
  $$('.steps li')[at].classList.add('done')
  tell(s)
  turn('why')
  announce([t('verdict', { a: n.held, b: n.of }), ...$$('.three > div', s.node).map(d => d.textContent)].join(' '))
}

/** What came of the run that is chosen. @param {Step} s */
const tell = s => show.verdict(s, data, { look, replay: view.replay, save: replays ? null : button(t('report'), 'btn sm', () => run.save()) })

/** Shows one of the runs of this step. @param {number} i */
function look(i) {
  const s = here()
  s.shown = i
  const made = s.runs[i]
  view.show(made)
  view.startAt(made.from)
  tell(s)
  if (s.phase === 'why') terminals()
}

/** Once more, perhaps with another value: first predict. */
function again() {
  const s = here()
  const form = $('[data-ask=predict]', s.node)
  if (form) {
    for (const i of $$('.sure input', form)) i.checked = false
    ask.put(form, [])
  }
  clear(s)
  turn(form ? 'predict' : 'ready')
  if (!view.focusKnob()) focus(s.phase)
}

// ——— the terminal

function terminals() {
  const s = here()
  const panel = $(`[data-terminal="${s.is.id}"]`)
  for (const p of $$('[data-terminal]')) p.hidden = p !== panel || s.phase !== 'why' || document.body.classList.contains('logopen')
  $('ipc-log').hidden = Boolean(panel && !panel.hidden)
  if (panel) show.commands(panel, s.runs[s.shown]?.report.pids ?? newest?.pids ?? {})
}

/** @param {any} state */
function drawn(state) {
  const at = $(`[data-terminal="${here()?.is.id}"] [data-alive]`)
  if (at && here().phase === 'why') say(at, show.whoLives(state, view.clock.over, replays))
}

// ——— where it cannot run: a recording of the lesson's own run

/** @type {Record<string, Made>} */
const recordings = {}

async function fetchRecording() {
  const s = here()
  const id = s.is.id
  try {
    recordings[id] ??= { ...(await recorded(data.id, id)), saw: [], prediction: [], sure: 0 }
  } catch (why) {
    for (const b of $$('[data-act=run]', s.node)) b.disabled = true
    return card(h('h2', {}, t('noRecording')), h('p', {}, /** @type {Error} */ (why).message))
  }
  if (here() !== s) return
  card()
  view.show(recordings[id])
  view.clock.seek({ index: 0 })
  for (const b of $$('[data-act=run]', s.node)) say(b.firstChild, t('watchRecording'))
  for (const b of $$('[data-act=stop]', s.node)) say(b, t('toTheEnd'))
}

async function playRecording() {
  const s = here()
  if (!recordings[s.is.id]) await fetchRecording()
  const made = recordings[s.is.id]
  if (!made || here() !== s || s.phase === 'running') return
  turn('running')
  view.play(made, (lines, over) => {
    if (here() !== s || s.phase !== 'running') return false
    const line = show.lines($('.do', s.node), lines)
    if (line) announce(line)
    if (over) judged(s, { ...made, prediction: s.prediction, sure: s.sure })
    return !over
  })
}

// ——— the beginning and the end

function end() {
  $('main').dataset.phase = 'end'
  show.ending(data.steps, progress.load().lessons[data.id]?.steps ?? {}, data.misconceptions ?? {})
  primary()
  $('[data-end] h2').focus()
}

// ——— hands

const next = () => (at < 0 ? go(0) : at >= steps.length ? primary()?.click() : here().phase === 'why' ? go(at + 1) : undefined)

/** @type {Record<string, () => void>} */
const acts = {
  run: perform, next, again, begin: () => go(0),
  stop: () => (replays ? view.move(c => c.seek({ index: Infinity })) : run.act('stop')),
}
for (const b of $$('[data-act]')) b.addEventListener('click', () => acts[b.dataset.act]?.())

for (const b of $$('[data-copy]')) b.addEventListener('click', () => copyFrom(b.previousElementSibling, b))
$$('.steps a').forEach((a, i) => a.addEventListener('click', (/** @type {Event} */ e) => {
  e.preventDefault()
  go(i)
}))
const asked = () => steps.findIndex(s => '#' + s.is.id === location.hash)
addEventListener('hashchange', () => {
  const i = asked()
  if (i >= 0 && i !== at) go(i)
})


/** Enter presses the button that names it, and no other: what is told is to be read. */
function enter() {
  const b = primary()
  if (b?.querySelector('kbd')?.textContent === 'Enter') b.click()
}

bindKeys({
  go: view.toggle, back: view.back, forward: view.forward, left: () => view.move(c => c.scrub(-0.02)), right: () => view.move(c => c.scrub(0.02)),
  begin: () => view.move(c => c.seek({ index: 0 })), live: () => view.move(() => (run.clock.over ? undefined : run.toLive())),
  ...bookmarks(run.clock, view.kick), present, next, replay: view.replay, enter, ...ask.letters,
  log() {
    document.body.classList.toggle('logopen')
    if (here()) terminals()
    $('ipc-log [role=log]')?.focus()
  },
}, { Enter: 'enter', r: 'replay', a: 'A', b: 'B', c: 'C', d: 'D', e: 'E' }, [
  [['A', 'B', 'C', 'D', 'E'], 'kLetters'], [['Enter'], 'kEnter'], [['Space'], 'kPlay'], [['R'], 'kReplay'], [['N'], 'kNextStep'], [[',', '.'], 'kEvents'], [['←', '→'], 'kScrub'], [['End'], 'kEnd'],
  [['L'], 'kLog'], [['P'], 'kPresent'], [['M'], 'kMark'], [['?'], 'kHelp'], [['Esc'], 'kEsc'],
])

for (const s of steps) bindForms(s)
ask.recalls(() => say($('[data-begin]'), t('startLesson')))
show.remind(steps, data.hash, begun.lessons[data.id])
progress.keep(end)
const known = Object.keys(begun.lessons[data.id]?.steps ?? {}).length > 0
go(asked() >= 0 ? asked() : $('[data-recall]') && !known ? -1 : 0, true)
if (at < 0) hold()
