// @ts-check
// The player: the bench of a run that is over, kept in a file.

import { Clock } from '#ipclab/clock.js'
import { h, say } from '#ipclab/dom.js'
import { Fact, Flag, Kind, Mode } from '#ipclab/event.js'
import { bindKeys, bindTabs, bookmarks, present } from '#ipclab/keys.js'
import '#ipclab/kernelview.js'
import { valueText } from '#ipclab/knobs.js'
import '#ipclab/log.js'
import '#ipclab/plot.js'
import { download, onFile, read, takeAside, traceOf, write } from '#ipclab/recording.js'
import '#ipclab/source.js'
import '#ipclab/stage.js'
import { num, span, t } from '#ipclab/strings.js'
import '#ipclab/timeline.js'
import '#ipclab/transport.js'
import { signalName } from '#ipclab/words.js'

const $ = (/** @type {string} */ q) => /** @type {any} */ (document.querySelector(q))
const data = JSON.parse($('#data').textContent)
const panels = ['ipc-transport', 'ipc-stage', 'ipc-timeline', 'ipc-source', 'ipc-kernel', 'ipc-log'].map($)
const [transport, , timeline] = panels
const clock = new Clock()
/** @type {any} */
let header = null
/** @type {{at: number, index: number, title: string, text: string}[]} */
let chapters = []
let selected = 0
let drawing = 0
let dirty = false

function kick() {
  dirty = true
  drawing ||= requestAnimationFrame(draw)
}

/** @param {number} now */
function draw(now) {
  drawing = 0
  const changed = clock.tick(now)
  if ((changed || dirty) && header && clock.trace) {
    dirty = false
    const frame = clock.frame(now, header, { selected, player: true, recorded: true, role: 'viewer', mode: 'replay', chapters: chapters.length > 1 })
    for (const p of panels) p.update?.(frame)
    const here = current()
    $('[data-chapters]').querySelectorAll('button').forEach((/** @type {Element} */ b, /** @type {number} */ i) => {
      if (i === here) b.setAttribute('aria-current', 'step')
      else b.removeAttribute('aria-current')
    })
  }
  if (clock.moving) drawing ||= requestAnimationFrame(draw)
}

/** Which chapter the playhead is in. */
const current = () => Math.max(0, chapters.findLastIndex(c => c.index <= clock.index))

const most = 40 // chapters

/** The turning points of a run: what a person did, deaths, changes of mode. @param {any} of the header @param {import('#ipclab/trace.js').Trace} trace */
function chaptersOf(of, trace) {
  const roles = of.scene.procs.map((/** @type {any} */ p) => p.role)
  const out = [{ at: trace.at(0).at, index: 0, title: t('startOfRun'), text: of.mechanism.sentence ?? '' }]
  let left = { at: 0, index: 0, n: 0 } // the last hole, and how many records are missing in all up to there
  for (let index = 0; index < trace.length && out.length < most; index++) {
    const e = trace.at(index)
    const who = roles[e.proc - 1] ?? ''
    const add = (/** @type {string} */ title, /** @type {string} */ text) => out.push({ at: e.at, index, title, text })
    if (e.kind === Kind.FAULT) add(t('chSignal', { signal: 'SIG' + signalName(e.want), who }), t(e.flags & Flag.USER ? 'chAsked' : 'chUnasked'))
    else if (e.kind === Kind.EXIT) add(t('chEnds', { who }), e.ret < 0 ? t('chKilled', { signal: 'SIG' + signalName(-e.ret) }) : t('chExit', { n: e.ret }))
    else if (e.kind === Kind.KNOB && e.seq > 1 && e.flags & Flag.USER) {
      const k = of.mechanism.knobs[e.want]
      if (k) add(k.label ?? k.name, valueText(k, e.level))
    } else if (e.kind === Kind.STATE && e.call === Fact.MODE && e.flags & Flag.USER) add(t(/** @type {any} */ (['full', 'step', 'slow'][e.ret] ?? 'slow')), e.ret !== Mode.SLOW ? '' : e.level ? t('paceValue', { n: num(e.level / 1000) }) : t('pause'))
    else if (e.kind === Kind.LOST && !e.ret) add(t('someLost', { n: num(e.level) }), '')
    else if (e.kind === Kind.LOST) left = { at: e.at, index, n: left.n + e.level }
  }
  if (left.n) out.splice(out.findLastIndex(c => c.index < left.index) + 1, 0, { ...left, title: t('keptFrom'), text: t('notKept', { n: num(left.n) }) })
  return out
}

/** @param {number} ns */
const minutes = ns => {
  const s = ns / 1e9
  return s < 60 ? s.toFixed(3) + ' s' : `${Math.floor(s / 60)}:${(s % 60).toFixed(1).padStart(4, '0')}`
}

/** @param {ArrayBuffer} buffer @param {string} name */
function open(buffer, name) {
  let r
  try {
    r = read(new Uint8Array(buffer))
    if (!r.events.length) throw new Error(`${r.damage?.why ?? ''} ${t('noEvent')}`.trim())
  } catch (e) {
    return wrong(t('nothingOpened', { name, why: /** @type {Error} */ (e).message }))
  }
  header = r.header
  const trace = traceOf(r)
  clock.follow(trace, false)
  clock.over = true
  clock.mode = r.header.mode
  clock.fit()
  chapters = chaptersOf(header, trace)
  timeline.overview = { to: trace.last, chapters: chapters.map(c => ({ at: c.at, title: c.title })), damage: r.damage ? r.damage.at : null }
  show(r, name)
  kick()
}

/** How many records certain holes are of. @param {import('#ipclab/event.js').Event[]} events @param {(e: import('#ipclab/event.js').Event) => boolean} those */
const sum = (events, those) => events.reduce((n, e) => n + (e.kind === Kind.LOST && those(e) ? e.level : 0), 0)

/** @param {import('#ipclab/recording.js').Recording} r @param {string} name */
function show(r, name) {
  document.body.classList.remove('idle')
  $('[data-opening]').hidden = true
  transport.hidden = false
  for (const e of document.querySelectorAll('[data-playing]')) /** @type {HTMLElement} */ (e).hidden = false
  const { header: of, events, damage } = r
  say($('header h1'), of.mechanism.title || name)
  say($('[data-length]'), span(events[events.length - 1].at))
  $('[data-chapters]').replaceChildren(...chapters.map(c => {
    const b = h('button', { type: 'button' }, h('time', {}, minutes(c.at)), h('span', {}, c.title, h('small', {}, c.text)))
    b.addEventListener('click', () => {
      clock.seek({ index: c.index })
      kick()
    })
    return h('li', {}, b)
  }))
  const lost = sum(events, e => e.ret !== 1)
  const left = sum(events, e => e.ret === 1) + r.dropped
  const settings = Object.entries(of.settings).flatMap(([k, v]) => {
    const knob = of.mechanism.knobs.find((/** @type {any} */ x) => x.name === k)
    return knob && v !== knob.default ? [`${knob.label} ${valueText(knob, Number(v))}`] : []
  })
  const again = h('label', { className: 'btn file' }, t('another'), h('input', { type: 'file', accept: '.ipclab' }))
  again.querySelector('input')?.addEventListener('change', e => opened(/** @type {any} */ (e.target).files[0]))
  $('[data-about]').replaceChildren(h('b', {}, of.mechanism.title), h('p', {}, t('aboutText', { n: num(events.length), lost: lost ? t('someLost', { n: num(lost) }) : t('noneLost') }), left ? ' ' + t('notKeptText', { n: num(left) }) : ''),
    ...(settings.length ? [h('p', { className: 'note' }, settings.join(' · '))] : []),
    h('div', { className: 'go2' }, h('a', { className: 'btn', href: `/bench/${encodeURIComponent(of.mechanism.id)}#${new URLSearchParams({ settings: JSON.stringify(of.settings) })}` }, t('runHere')), again), h('p', { className: 'note' }, t('runHereText')))
  const box = $('[data-damage]')
  box.hidden = !damage
  if (damage) {
    const keep = h('button', { type: 'button', className: 'btn sm' }, t('saveWhole'))
    keep.addEventListener('click', () => download(write(of, events), name.replace(/(\.ipclab)?$/, '-whole.ipclab')))
    box.replaceChildren(h('h2', {}, h('span', { className: 'tick no', 'aria-hidden': 'true' }, '!'), t('damagedTitle', { t: minutes(damage.at) })),
      h('div', { className: 'in' }, h('p', {}, t('damagedText', { why: damage.why, n: num(events.length) })), keep))
  }
}

/** @param {string} text */
function wrong(text) {
  const p = $('[data-drop-error]')
  p.textContent = text
  p.hidden = false
  $('[data-opening]').hidden = false
}

/** @param {File} file */
async function opened(file) {
  if (file) open(await file.arrayBuffer(), file.name)
}

/** @param {() => void} f */
const moved = f => () => {
  f()
  kick()
}
/** @param {-1|1} by */
const chapter = by => {
  const c = chapters[current() + by]
  if (c) clock.seek({ index: c.index })
}
/** @type {Record<string, () => void>} */
const presses = {
  toggle: moved(() => clock.toggle()), back: moved(() => clock.step(-1)), forward: moved(() => clock.step(1)),
  'chapter-': moved(() => chapter(-1)), 'chapter+': moved(() => chapter(1)),
}
const on = (/** @type {string} */ name, /** @type {(d: any) => void} */ f) => addEventListener(name, e => {
  f(/** @type {CustomEvent} */ (e).detail)
  kick()
})
on('ipc-press', word => presses[word]?.())
on('ipc-seek', to => clock.seek(to))
on('ipc-select', proc => (selected = proc === selected ? 0 : proc))
on('ipc-set', ({ slow }) => {
  if (slow) clock.slow = slow
})
addEventListener('ipc-look', kick)
addEventListener('resize', kick)

document.body.classList.add('idle')
bindTabs($('.tabs'))
bindKeys({
  go: presses.toggle, back: presses.back, forward: presses.forward, chapterBack: presses['chapter-'], chapterForth: presses['chapter+'],
  left: moved(() => clock.scrub(-0.02)), right: moved(() => clock.scrub(0.02)), begin: moved(() => clock.seek({ index: 0 })), live: moved(() => clock.seek({ index: Infinity })),
  ...bookmarks(clock, kick), present,
  log: () => $('ipc-log [role=log]')?.focus(),
})
onFile(opened)

if (data.recording) {
  const r = await fetch(data.recording)
  if (r.ok) open(await r.arrayBuffer(), 'recording.ipclab')
  else wrong(await r.text())
} else {
  const file = await takeAside()
  if (file) await opened(file)
}
