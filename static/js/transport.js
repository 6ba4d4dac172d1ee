// @ts-check
// The transport: four modes, one primary action, and what may be claimed in each.

import { Base, define, h, say, tell } from '#ipclab/dom.js'
import { Mode } from '#ipclab/event.js'
import { num, span, t } from '#ipclab/strings.js'

const MODES = [Mode.STEP, Mode.SLOW, Mode.FULL]
const SVG = 'http://www.w3.org/2000/svg'

/** @param {string} d */
function icon(d) {
  const svg = document.createElementNS(SVG, 'svg')
  const path = document.createElementNS(SVG, 'path')
  path.setAttribute('d', d)
  for (const [k, v] of Object.entries({ width: '12', height: '12', viewBox: '0 0 12 12', fill: 'currentColor', 'aria-hidden': 'true' })) svg.setAttribute(k, v)
  svg.append(path)
  return svg
}

/** @param {string} key @param {string} text @param {string} cls */
const button = (text, key, cls = 'btn') => h('button', { type: 'button', className: cls }, h('span', {}, text), ...(key ? [h('kbd', {}, key)] : []))

/** @param {HTMLElement} b @param {string} text @param {string} key */
function label(b, text, key) {
  say(/** @type {Element} */ (b.firstChild), text)
  const kbd = b.querySelector('kbd')
  if (!kbd) return
  kbd.hidden = !key
  say(kbd, key)
}

/** How a speed is named. @param {number} slow */
export function speedText(slow) {
  if (slow < 1.05) return t('asRecorded')
  if (slow < 1000) return t('slower', { n: num(Math.round(slow)) })
  const ms = slow / 1000
  return t('scaleValue', { n: num(ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)) })
}

/**
 * `<ipc-transport>`. It speaks by ipc-mode (a mode, -1 for Replay), ipc-press (a
 * word for the page: toggle, back, forward, live, freeze, window, restart, chapter-,
 * chapter+, or do: and an action), ipc-do (an action) and ipc-set ({slow} or
 * {window}). Attribute player: no modes, nothing live.
 */
export class Transport extends Base {
  /** @type {any} */
  #ui
  #drawn = ''
  #turning = false // the slider is under a hand

  connectedCallback() {
    if (this.#ui) return
    const seg = h('div', { className: 'seg', role: 'group', 'aria-label': t('timeMode') })
    const modes = [...MODES, -1].map((m, i) => {
      const b = h('button', { type: 'button', 'aria-pressed': 'false' }, t(/** @type {any} */ (['step', 'slow', 'full', 'replay'][i])))
      b.addEventListener('click', () => tell(this, 'ipc-mode', m))
      seg.append(b)
      return b
    })
    const back = h('button', { type: 'button', className: 'btn ico', 'aria-label': t('backEvent') }, icon('M2 1v10H0V1zM12 0v12L3 6z'))
    const forth = h('button', { type: 'button', className: 'btn ico', 'aria-label': t('forwardEvent') }, icon('M0 0v12l9-6zM10 1v10h2V1z'))
    const go = button('', 'Space', 'btn go')
    const second = button('', 'B')
    const third = button('', ']')
    const input = /** @type {HTMLInputElement} */ (h('input', { type: 'range', id: 'scale', min: '0', max: '100', step: '1' }))
    const scaleLabel = h('label', { htmlFor: 'scale' })
    const value = h('output', { htmlFor: 'scale' })
    const scale = h('div', { className: 'scale' }, scaleLabel, input, value)
    const pill = h('span', { className: 'pill behind' })
    const strong = h('b')
    const rest = h('span')
    const truth = h('p', { className: 'truth' }, strong, ' ', rest)
    this.append(...(this.hasAttribute('player') ? [] : [seg]), back, go, forth, second, third, scale, pill, truth)
    back.addEventListener('click', () => tell(this, 'ipc-press', 'back'))
    forth.addEventListener('click', () => tell(this, 'ipc-press', 'forward'))
    for (const b of [go, second, third]) b.addEventListener('click', () => tell(this, 'ipc-press', b.dataset.press))
    input.addEventListener('input', () => {
      this.#turning = true
      this.#turned(Number(input.value) / 100, false)
    })
    input.addEventListener('change', () => {
      this.#turned(Number(input.value) / 100, true)
      this.#turning = false
    })
    this.#ui = { modes, back, forth, go, second, third, input, scaleLabel, value, scale, pill, strong, rest }
  }

  /** @type {'slow'|'pace'|'window'} what the slider turns */
  #turns = 'slow'

  /** @param {number} x 0…1 @param {boolean} done */
  #turned(x, done) {
    const { value } = this.#ui
    if (this.#turns === 'slow') return tell(this, 'ipc-set', { slow: 10 ** (x * 5) })
    if (this.#turns === 'window') return tell(this, 'ipc-set', { window: 0.1e9 * 10 ** (x * 2.5) })
    const pace = paceOf(x)
    say(value, t('paceValue', { n: num(pace) }))
    if (done) tell(this, 'ipc-do', `pace ${pace}`)
  }

  /** @param {any} f */
  update(f) {
    const ui = this.#ui
    if (!ui) return
    const shape = this.#shape(f)
    const drawn = JSON.stringify(shape)
    if (drawn === this.#drawn) return
    this.#drawn = drawn
    ui.modes.forEach((/** @type {HTMLElement} */ b, /** @type {number} */ i) => {
      b.setAttribute('aria-pressed', String(i === shape.mode))
      b.toggleAttribute('disabled', shape.viewer && i < 3)
    })
    for (const k of ['go', 'second', 'third']) {
      const [text, key, press] = shape[k] ?? ['', '', '']
      ui[k].hidden = !text
      label(ui[k], text, key)
      ui[k].dataset.press = press
      ui[k].toggleAttribute('disabled', shape.viewer && press.startsWith('do:'))
    }
    ui.forth.hidden = !shape.past
    ui.back.toggleAttribute('disabled', shape.empty)
    ui.scale.hidden = !shape.scale
    if (shape.scale) {
      const [turns, name, text, at] = shape.scale
      this.#turns = turns
      say(ui.scaleLabel, name)
      if (!this.#turning) {
        ui.input.value = String(Math.round(at * 100))
        say(ui.value, text)
      } else if (turns !== 'pace') say(ui.value, text)
      ui.input.setAttribute('aria-valuetext', text)
      ui.input.toggleAttribute('disabled', shape.viewer && turns === 'pace')
    }
    ui.pill.hidden = !shape.pill
    say(ui.pill, shape.pill)
    say(ui.strong, shape.truth[0])
    say(ui.rest, shape.truth[1])
  }

  /** What the transport shows of a frame. @param {any} f @returns {any} */
  #shape(f) {
    const past = !f.live
    const viewer = f.role === 'viewer'
    const slow = ['slow', t(f.player ? 'speed' : 'timeScale'), speedText(f.speed), Math.log10(Math.max(1, f.speed)) / 5]
    const base = { past, viewer, empty: !f.trace?.length, mode: past ? 3 : MODES.indexOf(f.mode), pill: '', truth: this.#truth(f), scale: slow }
    if (f.player) {
      return { ...base, go: [t(f.playing ? 'pause' : 'play'), 'Space', 'toggle'], second: f.chapters && [t('previousChapter'), 'PgUp', 'chapter-'], third: f.chapters && [t('nextChapter'), 'PgDn', 'chapter+'] }
    }
    if (past) {
      const behind = span(f.behind)
      return {
        ...base, go: [t(f.playing ? 'pause' : 'play'), 'Space', 'toggle'],
        second: f.over ? [t('again'), '', 'restart'] : [t('backToLive'), 'End', 'live'],
        third: [f.marks.length ? t('bookmarked', { n: f.marks.length }) : t('bookmark'), 'M', 'mark'],
        pill: f.over ? t('ended') : t('behindLive', { t: f.behind > 1e9 ? (f.behind / 1e9).toFixed(1) + '\u00a0s' : behind }),
      }
    }
    if (f.mode === Mode.STEP) return { ...base, go: [t('next'), 'Space', 'do:next'], second: [t('nextBlock'), 'B', 'do:next block'], scale: null }
    if (f.mode === Mode.SLOW) {
      return {
        ...base, go: [t(f.paused ? 'goOn' : 'pause'), 'Space', f.paused ? 'do:resume' : 'do:pause'], second: [t('one'), '.', 'do:one'],
        scale: ['pace', t('pace'), t('paceValue', { n: num(f.pace) }), atPace(f.pace)],
      }
    }
    return {
      ...base, go: [t('freeze'), 'Space', 'freeze'], second: [t('window100'), '4', 'window'],
      scale: ['window', t('window'), t('windowValue', { n: num(Math.round(f.window / 1e8) / 10) }), Math.log10(f.window / 0.1e9) / 2.5],
    }
  }

  /** @param {any} f */
  #truth(f) {
    const h = f.header
    if (f.player) return [t('playClaim'), t('playTruth', { kernel: h.kernel, cpus: h.cpus, date: new Date(h.wall).toLocaleString(undefined, { dateStyle: 'long', timeStyle: 'short' }) })]
    if (!f.live) {
      if (f.over) return [t('endClaim'), t('endTruth')]
      return [t('pastClaim'), t(f.mode === Mode.FULL ? 'pastTruth' : 'pastPacedTruth')]
    }
    if (f.role === 'viewer') return [t('viewerClaim'), t('viewerTruth')]
    if (f.mode === Mode.STEP) return [t('stepClaim'), t('stepTruth')]
    if (f.mode === Mode.SLOW) return [f.paused ? t('slowHeld') : f.pace === 1 ? t('slowClaimOne') : t('slowClaim', { n: num(f.pace) }), t('slowTruth', { seed: h.seed })]
    const sample = f.state?.sample ?? 1
    return [t('fullClaim'), sample > 1 ? t('fullTruthSample', { n: num(sample) }) : t('fullTruth')]
  }
}

// The pace goes from one operation in two seconds to sixty a second.
const paceOf = (/** @type {number} */ x) => {
  const p = 0.5 * 120 ** x
  return p < 3 ? Math.round(p * 2) / 2 : Math.round(p)
}
const atPace = (/** @type {number} */ p) => Math.log(Math.max(0.5, p) / 0.5) / Math.log(120)

define('ipc-transport', Transport)
