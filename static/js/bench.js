// @ts-check
// The bench: starts or joins a run, keeps its trace and its clock, and hands every
// panel the frame to draw, at most once for each picture of the screen.

import { Clock } from '#ipclab/clock.js'
import { h, say } from '#ipclab/dom.js'
import { Fact, Kind, Mode } from '#ipclab/event.js'
import { actionsOf } from '#ipclab/experiments.js'
import { readFrames } from '#ipclab/frames.js'
import { announce, banner, bindHeader, bindKeys, bindTabs, button, card, present } from '#ipclab/keys.js'
import { valueText } from '#ipclab/knobs.js'
import '#ipclab/kernelview.js'
import { get, Live, post } from '#ipclab/live.js'
import { isAct } from '#ipclab/lanes.js'
import '#ipclab/log.js'
import '#ipclab/plot.js'
import '#ipclab/prove.js'
import { download, write } from '#ipclab/recording.js'
import '#ipclab/source.js'
import '#ipclab/stage.js'
import { num, t } from '#ipclab/strings.js'
import '#ipclab/timeline.js'
import { Trace } from '#ipclab/trace.js'
import { modeAction } from '#ipclab/transport.js'
import { sentence } from '#ipclab/words.js'

const $ = (/** @type {string} */ q) => /** @type {any} */ (document.querySelector(q))
const data = JSON.parse($('#data').textContent)
const panels = ['ipc-transport', 'ipc-stage', 'ipc-timeline', 'ipc-plot', 'ipc-knobs', 'ipc-prove', 'ipc-source', 'ipc-kernel', 'ipc-log'].map($)
const [transport, , timeline, plot] = panels
const still = matchMedia('(prefers-reduced-motion: reduce)')

const clock = new Clock()
/** @type {Live|null} */
let live = null
/** @type {any} */
let header = null
/** @type {any} */
let trace = null // all of the run that was sent
/** @type {any} */
let aggregate = null
let pace = 1
let paused = false
let epochs = 0
let selected = 0
let dirty = false
let drawing = 0
let told = -1 // the index that was announced last
let lastSum = { at: 0, n: 0 }
let chosen = data.experiment ?? ''
let heldBack = 0 // records that the server did not send
let ringLost = 0 // records for which a ring had no room
let lostSaid = 0
/** @type {any[]} */
let timers = []

// ——— the picture

function kick() {
  dirty = true
  drawing ||= requestAnimationFrame(draw)
}

/** @param {number} now */
function draw(now) {
  drawing = 0
  const changed = clock.tick(now)
  if ((changed || dirty) && header) {
    dirty = false
    const frame = clock.frame(now, header, {
      selected, pace, paused, role: data.role, window: timeline.window ?? 2e9,
      aggregate: clock.live && clock.mode === Mode.FULL ? aggregate : null,
    })
    const full = frame.live && frame.mode === Mode.FULL && trace.aggregates?.length > 0
    if (plot.hidden === full) plot.hidden = !full
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

/** @param {any} frame */
function speak(frame) {
  if (!frame.live) return
  if (frame.mode === Mode.FULL) {
    if (!aggregate) return
    const n = aggregate.procs.reduce((/** @type {number} */ s, /** @type {any} */ p) => s + p.received, 0)
    if (aggregate.at - lastSum.at < 9e9) return
    if (lastSum.at) {
      const rate = Math.round(((n - lastSum.n) / (aggregate.at - lastSum.at)) * 1e9)
      announce(t('sayFull', { n: num(rate), lost: aggregate.dropped ? t('sayLost', { n: num(aggregate.dropped) }) : t('sayNoneLost') }), 10000)
    }
    lastSum = { at: aggregate.at, n }
    return
  }
  if (frame.index === told || frame.index < 0 || frame.u < 1) return
  told = frame.index
  const e = frame.trace.at(frame.index)
  if (isAct(e)) announce(plain(sentence(e, frame.state, header)), frame.mode === Mode.STEP ? 0 : 2000)
}

/** @param {any} s */
const plain = s => `${s.who} ${s.text}`

// ——— what is missing or went wrong: one cause, one way on

/** @param {any} frame */
function tellStates(frame) {
  const { state } = frame
  const procs = state.procs ?? []
  const alive = procs.filter((/** @type {any} */ p) => p.pid && p.st !== 'gone' && p.st !== 'none').length
  say($('[data-pill-text]'), clock.over ? t('noProcess') : alive === 1 ? t('oneProcess') : alive ? t('processes', { n: alive }) : t('starting'))
  $('[data-pill] .dot').classList.toggle('off', clock.over || !alive)
  const lost = Math.max(ringLost, aggregate?.dropped ?? 0)
  if (lost > lostSaid) {
    lostSaid = lost
    const all = Math.max(state.seq ?? 0, aggregate?.recorded ?? 0) + lost
    banner('lost', {
      bad: true, title: t('lostTitle', { a: num(lost), b: num(all) }) + ':', text: t('lostText'),
      acts: [[t('runSlower'), () => act('mode slow')], [t('dismiss'), () => banner('lost', null)]],
    })
  }
  const wrong = (state.parts ?? []).find((/** @type {any} */ p) => p.agrees === false)
  const old = $('.stage > .wrong')
  if (!wrong) return old?.remove()
  const by = Math.abs(wrong.level - wrong.kernel)
  const text = t('wrongText', { a: num(wrong.level), b: num(wrong.kernel) })
  if (old) return say(old.querySelector('span'), text)
  $('.panel.stage').append(h('div', { className: 'wrong', role: 'alert' }, h('i', { className: 'tick no' }, '!'),
    h('p', {}, h('b', {}, t('wrongTitle', { n: num(by) })), ' ', h('span', {}, text)), button(t('report'), 'btn sm', save)))
}

// ——— the run

/** @param {Record<string, unknown>} [more] settings, experiment, mode, pace */
async function start(more = {}) {
  card()
  const slow = still.matches ? { mode: 'step' } : { mode: 'slow', pace: 1 }
  const body = { mechanism: data.info.id, ...(more.experiment ? {} : slow), ...more }
  const { ok, status, data: answer } = await post('/runs', body)
  if (!ok) return refused(status, answer, body)
  if (live) {
    live.close()
    post(`/runs/${live.id}/do`, 'stop')
  }
  chosen = String(more.experiment ?? '')
  join(answer.id)
  const url = new URL(location.href)
  url.searchParams.set('run', answer.id)
  if (chosen) url.searchParams.set('experiment', chosen)
  else url.searchParams.delete('experiment')
  history.replaceState(null, '', url)
  const e = data.info.experiments?.find((/** @type {any} */ x) => x.name === chosen)
  timers = e ? actionsOf(e).map(([ms, action]) => setTimeout(() => act(action), ms)) : []
}

/** @param {number} status @param {any} answer @param {Record<string, any>} body */
function refused(status, answer, body) {
  if (!status) return banner('gone', { bad: true, title: t('goneTitle', { n: 2 }), text: t('goneWay'), acts: [[t('tryAgain'), () => (banner('gone', null), start(body))]] })
  const a = answer ?? {}
  const rows = []
  if (a.asked !== undefined) rows.push(h('div', {}, t('youAsked'), h('b', {}, num(a.asked))))
  if (a.left !== undefined) rows.push(h('div', {}, t('leftHere'), h('b', {}, num(a.left))))
  else if (a.limit !== undefined) rows.push(h('div', {}, t('atMost'), h('b', {}, num(a.limit))))
  const fits = a.fits && Object.entries(a.fits).map(([k, v]) => {
    const knob = data.info.knobs.find((/** @type {any} */ x) => x.name === k)
    return knob ? `${knob.label} ${valueText(knob, Number(v))}` : `${k} ${v}`
  }).join(', ')
  card(h('h2', {}, h('span', { className: 'tick off', 'aria-hidden': 'true' }, '–'), t(a.asked === undefined ? 'refusedShort' : 'refusedTitle')),
    ...(rows.length ? [h('div', { className: 'sides' }, ...rows)] : []), h('p', {}, sentenceOf(a.error)), h('p', {}, t('refusedText')),
    h('div', { className: 'go2' }, ...(fits ? [button(t('runWith', { fits }), 'btn', () => start({ ...body, settings: { .../** @type {any} */ (body).settings, ...a.fits } }))] : []), button(t('tryAgain'), 'btn', () => start(body))))
}

/** @param {unknown} error */
const sentenceOf = error => (typeof error === 'string' && error ? error[0].toUpperCase() + error.slice(1) + (/[.!?]$/.test(error) ? '' : '.') : '')

/** @param {string} id */
function join(id) {
  for (const timer of timers) clearTimeout(timer)
  epochs = 0
  live = new Live(id, {
    scene: begin,
    events(/** @type {any[]} */ list, /** @type {number} */ dropped) {
      heldBack += dropped
      for (const e of list) {
        if (e.kind === Kind.STATE && e.call === Fact.MODE) setMode(e.ret, e.level / 1000)
        if (e.kind === Kind.LOST && e.proc) ringLost += e.level
      }
      if (clock.mode !== Mode.FULL) { // at full speed nothing is lost: the server sends sums instead
        trace.gap(heldBack)
        heldBack = 0
      }
      trace.push(list)
      kick()
    },
    aggregate(/** @type {any} */ a, /** @type {number} */ dropped) {
      aggregate = a
      heldBack += dropped
      trace.aggregate(a)
      kick()
    },
    end() {
      clock.over = true
      if (clock.live) clock.live = false
      banner('end', { title: t('endedTitle'), text: t('endTruth'), acts: [[t('again'), again]] })
      kick()
    },
    gone(/** @type {number} */ seconds) {
      document.body.classList.add('gone')
      banner('gone', { bad: true, title: t('goneTitle', { n: num(seconds) }), text: `${t('goneText')} ${t('goneWay')}`, acts: [[t('saveHere'), saveHere]] })
    },
    back() {
      document.body.classList.remove('gone')
      banner('gone', null)
    },
    stale: () => banner('gone', { bad: true, title: t('staleTitle'), text: t('staleText'), acts: [[t('saveHere'), saveHere]] }),
    over(/** @type {string} */ why) {
      document.body.classList.remove('gone')
      banner('gone', null)
      clock.over = true
      if (why && !header) return refused(409, { error: why }, {})
      banner('new', { title: t('newRun') })
      start({ settings: header?.settings })
    },
  })
}

/** @param {any} scene @param {boolean} fresh */
function begin(scene, fresh) {
  if (!fresh) return
  header = scene
  header.settings ??= {}
  trace = new Trace(header)
  aggregate = null
  heldBack = ringLost = lostSaid = 0
  told = -1
  lastSum = { at: 0, n: 0 }
  clock.follow(trace, true)
  pace = header.pace || 1
  clock.mode = header.mode
  setMode(header.mode, header.pace)
  banner('end', null)
  banner('lost', null)
  card()
  if (epochs++) announce(t('newRun'))
  $('ipc-tries').show({ experiments: data.info.experiments ?? [], chosen })
  kick()
}

/** @param {number} mode @param {number} rate operations a second; 0: paused */
function setMode(mode, rate) {
  if (mode !== clock.mode && header) announce(t('sayMode', { mode: t(/** @type {any} */ (['full', 'step', 'slow'][mode])) }))
  clock.mode = mode
  paused = mode === Mode.SLOW && rate === 0
  if (rate > 0) pace = rate
}

const again = () => start({ settings: header.settings, mode: ['full', 'step', 'slow'][clock.mode], pace, ...(chosen ? { experiment: chosen } : {}) })

let doing = Promise.resolve()

/** Asks for an action on the run; a real run cannot be changed in its past. @param {string} action */
function act(action) {
  if (data.role === 'viewer' || !live) return
  if (clock.over) return void (action === 'restart' && again())
  if (!clock.live) {
    toLive()
    announce(t('acting'))
  }
  const { id } = live
  doing = doing.then(async () => {
    const { ok, status, data: answer } = await post(`/runs/${id}/do`, action === 'one' ? 'pause\nnext' : action)
    if (ok) return banner('do', null)
    if (!status) return
    banner('do', { title: t('notDone', { why: answer?.error ?? status }) })
    setTimeout(() => banner('do', null), 6000)
  })
}

// ——— the past

function toLive() {
  if (clock.over) return
  clock.trace = trace
  clock.toLive()
  kick()
}

/** Fetches the last stretch of a run at full speed and shows it, slowly. @param {string} last @param {boolean} end */
async function replayWindow(last, end) {
  const { ok, data: bytes } = await get(`/runs/${live?.id}/records?last=${last}`)
  if (!ok || !header) return
  const of = new Trace(header)
  const list = readFrames(bytes).flatMap((/** @type {any} */ f) => f.events ?? [])
  if (!list.length) return
  const here = trace.indexOf(list[0].seq)
  if (here >= 0 && trace.length - here >= list.length) return showPast(trace, end ? trace.length - 1 : here)
  const known = [] // what held before the stretch: who is who
  for (let i = 0; i < trace.length && trace.at(i).seq < list[0].seq; i++) {
    const e = trace.at(i)
    if (e.kind === Kind.SPAWN || e.kind === Kind.STATE || e.kind === Kind.KNOB) known.push(e)
  }
  of.push(known)
  if (list[0].seq > 1) of.gap(list[0].seq - 1 - known.length)
  of.push(list)
  showPast(of, end ? of.length - 1 : of.length - list.length)
}

/** @param {any} of @param {number} index */
function showPast(of, index) {
  clock.trace = of
  clock.seek({ index })
  announce(t('sayPast'))
  kick()
}

function replay() {
  if (!clock.live) return
  if (clock.mode === Mode.FULL) return replayWindow('100ms', false)
  for (let i = 0; i < 10; i++) clock.step(-1)
  clock.playing = !still.matches
  announce(t('sayPast'))
  kick()
}

/** @param {() => void} f */
const moved = f => () => {
  f()
  kick()
}

/** @type {Record<string, () => void>} */
const presses = {
  toggle: moved(() => clock.toggle()), back: moved(() => clock.step(-1)), forward: moved(() => clock.step(1)),
  live: toLive, freeze: () => replayWindow('1s', true), window: () => replayWindow('100ms', false), restart: again,
  experiments: () => $('ipc-experiments').open({ info: data.info, rates: data.rates ?? {}, chosen, role: data.role }),
}

/** @param {string} word */
function press(word) {
  if (word.startsWith('do:')) act(word.slice(3))
  else presses[word]?.()
}

/** @param {number} mode */
function toMode(mode) {
  if (mode < 0) replay()
  else if (mode !== clock.mode) act(modeAction(mode))
  else toLive()
}

// ——— keeping

function save() {
  if (!live || document.body.classList.contains('gone')) return saveHere()
  const link = /** @type {HTMLAnchorElement} */ (h('a', { href: `/runs/${live.id}/recording`, download: `${header.mechanism.id}-${live.id}.ipclab` }))
  link.click()
}

function saveHere() {
  if (!header) return
  const events = function* () {
    for (let i = 0; i < trace.length; i++) yield trace.at(i)
  }
  download(write(header, events()), `${header.mechanism.id}.ipclab`)
  announce(t('saved', { n: num(trace.length) }))
}

// ——— hands

const on = (/** @type {string} */ name, /** @type {(d: any) => void} */ f) => addEventListener(name, e => f(/** @type {CustomEvent} */ (e).detail))
on('ipc-do', act)
on('ipc-press', press)
on('ipc-mode', toMode)
on('ipc-seek', to => moved(() => clock.seek(to))())
on('ipc-select', proc => moved(() => (selected = proc === selected ? 0 : proc))())
on('ipc-experiment', name => start({ experiment: name }))
on('ipc-look', kick)
on('ipc-set', ({ slow, window }) => {
  if (slow) clock.slow = slow
  if (window) timeline.window = window
  kick()
})
addEventListener('resize', kick)

function focusLog() {
  $('#tab-log')?.click()
  $('ipc-log [role=log]')?.focus()
}

bindHeader()
bindTabs($('.tabs'), id => document.body.classList.toggle('leftopen', id === 'left'))
bindKeys({
  go: () => transport.querySelector('.btn.go')?.click(),
  forward: () => (!clock.live || clock.over ? press('forward') : clock.mode === Mode.STEP ? act('next') : clock.mode === Mode.SLOW ? act('one') : undefined),
  next: () => act('next'), back: () => press('back'), block: () => act('next block'),
  left: moved(() => clock.scrub(-0.02)), right: moved(() => clock.scrub(0.02)), begin: moved(() => clock.seek({ index: 0 })), live: toLive,
  step: () => toMode(Mode.STEP), slow: () => toMode(Mode.SLOW), full: () => toMode(Mode.FULL), replay,
  mark: moved(() => clock.mark()), markBack: moved(() => clock.toMark(-1)), markForth: moved(() => clock.toMark(1)),
  present, log: focusLog, experiments: () => press('experiments'),
})
const left = $('[data-left-button]')
const setLeft = (/** @type {boolean} */ open) => {
  document.body.classList.toggle('leftopen', open)
  left?.setAttribute('aria-expanded', String(open))
  if (open) $('.left button, .left input')?.focus()
}
left?.addEventListener('click', () => setLeft(!document.body.classList.contains('leftopen')))
document.addEventListener('pointerdown', e => {
  const at = /** @type {Element} */ (e.target)
  if (document.body.classList.contains('leftopen') && matchMedia('(min-width: 900px)').matches && !at.closest('.left, [data-left-button]')) setLeft(false)
})
addEventListener('keydown', e => {
  if (e.key === 'Escape' && document.body.classList.contains('leftopen') && !document.querySelector('dialog[open]')) {
    setLeft(false)
    left?.focus()
  }
})
$('[data-experiments-button]')?.addEventListener('click', () => press('experiments'))
$('[data-save-button]')?.addEventListener('click', save)

if (data.unavailable) {
  card(h('h2', {}, h('span', { className: 'tick off', 'aria-hidden': 'true' }, '–'), t('cannotTitle', { title: data.info.title })), h('p', {}, sentenceOf(data.unavailable)),
    h('div', { className: 'go2' }, h('a', { className: 'btn', href: '/play' }, t('useRecording')), h('a', { className: 'btn', href: '/doctor' }, t('whatShows'))))
} else if (data.run) join(data.run)
else start(data.experiment ? { experiment: data.experiment } : {})
