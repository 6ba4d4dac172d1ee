// @ts-check
// Home: the shared pipe, alive and small, and a place to drop recordings.

import { isAct } from '#ipclab/axis.js'
import { Clock } from '#ipclab/clock.js'
import { Fact, Kind, Mode } from '#ipclab/event.js'
import { announce, banner, bindKeys } from '#ipclab/keys.js'
import { get, Live, post } from '#ipclab/live.js'
import { show } from '#ipclab/path.js'
import { onFile, putAside } from '#ipclab/recording.js'
import '#ipclab/stage.js'
import { num, t } from '#ipclab/strings.js'
import { Trace } from '#ipclab/trace.js'
import { sentence } from '#ipclab/words.js'

const $ = (/** @type {string} */ q) => /** @type {any} */ (document.querySelector(q))
const data = JSON.parse($('#data').textContent)
const stage = $('ipc-stage')
const pauseButton = $('[data-pause]')
const sleepButton = $('[data-sleep]')
const still = matchMedia('(prefers-reduced-motion: reduce)')

const clock = new Clock()
clock.mode = Mode.SLOW
/** @type {any} */
let header = null
/** @type {Live|null} */
let live = null
let paused = false
let asleep = false
let drawing = 0
let dirty = false
let told = -1

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
    const frame = clock.frame(now, header, { role: data.role, compact: true })
    stage.update(frame)
    const reader = frame.state.procs.find((/** @type {any} */ p) => p.kind === 'reader')
    asleep = reader?.st === 'stopped'
    name(pauseButton, paused ? t('wakePipe') : t('pausePipe'))
    name(sleepButton, asleep ? t('wakeReader') : t('sleepReader'))
    let i = frame.index
    while (i > told && !isAct(frame.trace.at(i))) i--
    if (i > told) {
      told = i
      const s = sentence(frame.trace.at(i), frame.trace.state(i), header)
      announce(`${s.who}: ${s.text}`, 2000)
    }
  }
  if (clock.moving) drawing ||= requestAnimationFrame(draw)
}

/** @param {HTMLElement} b @param {string} text */
function name(b, text) {
  const first = b.firstChild
  if (first && first.textContent !== text) first.textContent = text
}

/** @param {any} list */
function take(list) {
  for (const e of list) if (e.kind === Kind.STATE && e.call === Fact.MODE) paused = e.level === 0
}

/** @param {string} id */
function join(id) {
  live = new Live(id, {
    scene(/** @type {any} */ scene, /** @type {boolean} */ fresh) {
      if (!fresh) return
      header = scene
      clock.follow(new Trace(header), true)
      for (const b of [pauseButton, sleepButton]) b.disabled = data.role === 'viewer'
      if (still.matches && header.viewers <= 1) act('pause')
      kick()
    },
    events(/** @type {any[]} */ list, /** @type {number} */ dropped) {
      if (dropped) clock.trace?.gap(dropped)
      take(list)
      clock.trace?.push(list)
      kick()
    },
    aggregate() {},
    gone(/** @type {number} */ seconds) {
      document.body.classList.add('gone')
      banner('gone', { bad: true, title: t('goneTitle', { n: num(seconds) }), text: t('goneWay') })
    },
    back: well, stale: () => banner('gone', { bad: true, title: t('staleTitle'), text: t('staleText') }),
    async over() {
      const { ok, data: answer } = await get('/home/run')
      if (!ok) return banner('gone', { title: t('refusedShort') + '.', text: answer?.error ?? '' })
      well()
      join(answer.id)
    },
    end() {},
  })
}

function well() {
  document.body.classList.remove('gone')
  banner('gone', null)
}

/** @param {string} action */
async function act(action) {
  if (!live || data.role === 'viewer') return
  const { ok, data: answer } = await post(`/runs/${live.id}/do`, action)
  if (!ok && answer?.error) announce(t('notDone', { why: answer.error }))
}

const toggle = () => act(paused ? 'resume' : 'pause')

bindKeys({ go: toggle, forward: () => act('pause\nnext') })
pauseButton?.addEventListener('click', toggle)
sleepButton?.addEventListener('click', () => act(asleep ? 'signal reader CONT' : 'signal reader STOP'))
addEventListener('ipc-do', e => act(/** @type {CustomEvent} */ (e).detail))
addEventListener('ipc-look', kick)
addEventListener('resize', kick)

onFile(async file => {
  try {
    await putAside(file)
    location.href = '/play'
  } catch {
    const error = $('[data-drop-error]')
    error.textContent = t('noShelf')
    error.hidden = false
  }
})

show(data.lessons)
addEventListener('pageshow', () => show(data.lessons)) // back from a lesson
if (data.run) join(data.run)
