// @ts-check
// The knobs of a mechanism. What they show is what was read back from the run, not
// what was asked for.

import { Base, define, h, say, tell } from '#ipclab/dom.js'
import { num, t } from '#ipclab/strings.js'

/**
 * @typedef {object} Knob
 * @property {string} name @property {string} label @property {string} [unit]
 * @property {number} min @property {number} max @property {number} default
 * @property {string[]} [values] @property {string} [zero] @property {string} [why] @property {boolean} [restart]
 */

/** A value as people read it. @param {Knob} k @param {number} v */
export function valueText(k, v) {
  if (v === 0 && k.zero) return k.zero
  if (k.values) return k.values[v - k.min] ?? num(v)
  const unit = k.unit === 'bytes' ? 'B' : k.unit === 'per second' ? '/s' : k.unit ?? ''
  return num(v) + (unit ? '\u00a0' + unit : '')
}

/**
 * The values at which a slider stops: all of a short range, else as many as a hand
 * can find, evenly by factor. What 0 means stands at the end where it is largest.
 * @param {Knob} k
 */
export function stopsOf(k) {
  const from = k.zero ? Math.max(1, k.min) : k.min
  const stops = new Set([from])
  const wide = k.max > 100 * Math.max(1, from)
  const steps = k.max - from <= 100 ? k.max - from : 100
  for (let i = 1; i < steps; i++) {
    const v = wide ? Math.max(1, from) * (k.max / Math.max(1, from)) ** (i / steps) : from + ((k.max - from) * i) / steps
    stops.add(round(v, k.unit === 'bytes'))
  }
  if (k.unit === 'bytes') for (let v = 1; v <= k.max; v *= 2) if (v >= from) stops.add(v)
  if (k.default >= from) stops.add(k.default)
  stops.add(k.max)
  const out = [...stops].filter(v => v >= from && v <= k.max).sort((a, b) => a - b)
  return k.zero && k.min === 0 ? [...out, 0] : out
}

/** @param {number} v @param {boolean} bytes */
function round(v, bytes) {
  if (v < 10) return Math.round(v)
  const power = 2 ** Math.round(Math.log2(v))
  if (bytes && Math.abs(v / power - 1) < 0.08) return power
  const unit = 10 ** (Math.floor(Math.log10(v)) - 1)
  return Math.round(v / unit) * unit
}

/** A control for one knob: show(v) shows a value. */
export class Control {
  asked = NaN // what was asked for last
  until = 0 // ms: till then the answer may be under way
  held = false // under a hand

  /** @param {Knob} k @param {(v: number) => void} set */
  constructor(k, set) {
    this.k = k
    this.small = h('small')
    this.set = (/** @type {number} */ v) => {
      this.asked = v
      this.until = performance.now() + 1500
      set(v)
    }
    const values = k.values ?? []
    this.body =
      values.length === 2 && values[0] === 'off' ? this.#switch()
      : values.length > 10 ? this.#list(values)
      : values.length ? this.#choice(values)
      : k.max - k.min <= 16 && !k.zero ? this.#stepper()
      : this.#slider()
    this.node = h('div', { className: 'knob' }, ...this.body, this.small)
    for (const i of this.inputs) if (k.why) i.setAttribute('aria-description', k.why)
  }

  #switch() {
    const { k } = this
    const box = /** @type {HTMLInputElement} */ (h('input', { type: 'checkbox', className: 'sw', id: 'knob-' + k.name }))
    box.addEventListener('change', () => this.set(k.min + Number(box.checked)))
    this.show = v => void (box.checked = v > k.min)
    this.inputs = [box]
    return [h('div', { className: 'pair' }, h('label', { htmlFor: box.id }, k.label), box)]
  }

  /** @param {string[]} values */
  #choice(values) {
    const { k } = this
    const list = h('div', { className: 'choice values', role: 'radiogroup', 'aria-label': k.label })
    const options = values.map((name, i) => {
      const b = h('button', { type: 'button', className: 'opt', role: 'radio' }, name)
      b.addEventListener('click', () => this.set(k.min + i))
      b.addEventListener('keydown', e => {
        const by = /Down|Right/.test(e.key) ? 1 : /Up|Left/.test(e.key) ? -1 : 0
        if (!by) return
        e.preventDefault()
        const to = (i + by + values.length) % values.length
        options[to].focus()
        this.set(k.min + to)
      })
      list.append(b)
      return b
    })
    this.show = v => options.forEach((b, i) => {
      b.setAttribute('aria-checked', String(i === v - k.min))
      b.tabIndex = i === v - k.min ? 0 : -1
    })
    this.inputs = options
    return [h('div', { className: 'pair' }, h('span', {}, k.label)), list]
  }

  /** @param {string[]} values */
  #list(values) {
    const { k } = this
    const list = /** @type {HTMLSelectElement} */ (h('select', { id: 'knob-' + k.name }, ...values.map((name, i) => h('option', { value: String(k.min + i) }, name))))
    list.addEventListener('change', () => this.set(Number(list.value)))
    this.show = v => void (list.value = String(v))
    this.inputs = [list]
    return [h('div', { className: 'pair' }, h('label', { htmlFor: list.id }, k.label), list)]
  }

  #stepper() {
    const { k } = this
    let now = k.default
    const less = h('button', { type: 'button', 'aria-label': t('fewer', { k: k.label }) }, '\u2212')
    const more = h('button', { type: 'button', 'aria-label': t('more', { k: k.label }) }, '+')
    const out = h('output')
    const go = (/** @type {number} */ by) => this.set(Math.min(k.max, Math.max(k.min, now + by)))
    less.addEventListener('click', () => go(-1))
    more.addEventListener('click', () => go(1))
    this.show = v => {
      now = v
      say(out, valueText(k, v))
      less.toggleAttribute('disabled', v <= k.min)
      more.toggleAttribute('disabled', v >= k.max)
    }
    this.inputs = [less, more]
    return [h('div', { className: 'pair' }, h('span', {}, k.label), h('span', { className: 'stepper', role: 'group', 'aria-label': k.label }, less, out, more))]
  }

  #slider() {
    const { k } = this
    const stops = stopsOf(k)
    const range = /** @type {HTMLInputElement} */ (h('input', { type: 'range', id: 'knob-' + k.name, min: '0', max: String(stops.length - 1), step: '1' }))
    const exact = /** @type {HTMLInputElement} */ (h('input', { type: 'text', className: 'exact', inputMode: 'numeric', autocomplete: 'off', 'aria-label': k.label }))
    const at = () => stops[Number(range.value)]
    let sent = 0
    range.addEventListener('input', () => {
      this.held = true
      exact.value = valueText(k, at())
      range.setAttribute('aria-valuetext', exact.value)
      if (!k.restart && performance.now() - sent > 150) {
        sent = performance.now()
        this.set(at())
      }
    })
    range.addEventListener('change', () => {
      this.held = false
      this.set(at())
    })
    let shown = k.default
    exact.addEventListener('focus', () => {
      this.held = true
      exact.value = String(shown)
      exact.select()
    })
    exact.addEventListener('keydown', e => {
      if (e.key === 'Enter') exact.blur()
      if (e.key === 'Escape') {
        exact.value = String(shown)
        exact.blur()
      }
    })
    exact.addEventListener('blur', () => {
      this.held = false
      const v = Math.round(Number(exact.value.replace(/[\s\u00a0]/g, '')))
      if (Number.isFinite(v) && v !== shown) this.set(Math.min(k.max, Math.max(k.min, v)))
      this.show(shown)
    })
    this.show = v => {
      shown = v
      let i = stops.indexOf(v)
      if (i < 0) i = Math.max(0, stops.findLastIndex(s => s && s <= v))
      range.value = String(i)
      exact.value = valueText(k, v)
      exact.size = Math.max(4, exact.value.length)
      range.setAttribute('aria-valuetext', exact.value)
    }
    this.inputs = [range, exact]
    return [h('div', { className: 'ctl' }, h('label', { htmlFor: range.id }, k.label), exact, range)]
  }

  /** @type {(v: number) => void} */
  show = () => {}
  /** @type {HTMLElement[]} */
  inputs = []

  /** The line below: where the bounds come from, and what is still under way. @param {number} now @param {boolean} pending it waits for the next start */
  note(now, pending) {
    const { k } = this
    const bounds = !k.values && k.max - k.min > 16 ? t('to', { a: valueText(k, k.zero ? Math.max(1, k.min) : k.min), b: valueText(k, k.max) }) : ''
    const parts = [k.why, bounds].filter(Boolean).join(' · ')
    this.node.title = parts
    const waits = !Number.isNaN(this.asked) && this.asked !== now
    const extra = pending ? `${valueText(k, waits ? this.asked : now)} ${t('onRestart')}` : waits && performance.now() > this.until ? t('asked', { n: valueText(k, this.asked) }) : ''
    say(this.small, [extra, bounds && parts].filter(Boolean).join(' · ')) // of switches the title tells
    this.small.hidden = !this.small.textContent
  }
}

/** `<ipc-knobs>`. It speaks by ipc-do: set KNOB = V, restart. */
export class Knobs extends Base {
  /** @type {Map<string, Control>} */
  #controls = new Map()
  #of = ''
  #shown = ''
  /** @type {any} */
  #ui
  /** @type {any} the last one */
  #frame

  /** @param {any} f */
  update(f) {
    this.#frame = f
    const info = f.header.mechanism
    if (this.#of !== info.id) this.#build(info)
    const settings = f.state?.settings ?? f.header.settings
    const key = JSON.stringify([settings, f.role, f.header.epoch])
    const now = performance.now()
    const due = [...this.#controls.values()].some(c => c.until && now > c.until)
    if (key === this.#shown && !due) return
    this.#shown = key
    let waits = false
    for (const [name, c] of this.#controls) {
      const v = settings[name] ?? f.header.settings[name] ?? c.k.default
      if (now > c.until) c.until = 0
      if (c.asked === v) c.asked = NaN
      const wanted = c.k.restart && !Number.isNaN(c.asked) ? c.asked : v
      const pending = Boolean(c.k.restart) && wanted !== (f.header.settings[name] ?? c.k.default)
      if (!c.held && (pending || !c.until || Number.isNaN(c.asked))) c.show(wanted)
      c.note(v, pending)
      waits ||= pending
      for (const i of c.inputs) if (f.role === 'viewer') i.toggleAttribute('disabled', true)
    }
    this.#ui.restart.hidden = !waits
    this.#ui.viewer.hidden = f.role !== 'viewer'
  }

  /** @param {any} info */
  #build(info) {
    this.#of = info.id
    this.#controls.clear()
    const reset = h('button', { type: 'button', className: 'btn sm' }, t('reset'))
    const restart = h('button', { type: 'button', className: 'btn sm', hidden: true }, t('restart'))
    const viewer = h('p', { className: 'note', hidden: true }, t('knobsFixed'))
    const list = h('div', { className: 'in' }, viewer)
    for (const k of /** @type {Knob[]} */ (info.knobs ?? [])) {
      const c = new Control(k, v => {
        tell(this, 'ipc-do', `set ${k.name} = ${v}`)
        this.#shown = ''
        if (this.#frame) this.update(this.#frame)
      })
      c.show(k.default)
      c.note(k.default, false)
      this.#controls.set(k.name, c)
      list.append(c.node)
    }
    list.append(h('div', { className: 'again' }, restart))
    reset.addEventListener('click', () => {
      for (const c of this.#controls.values()) c.set(c.k.default)
    })
    restart.addEventListener('click', () => {
      for (const c of this.#controls.values()) c.asked = NaN
      tell(this, 'ipc-do', 'restart')
    })
    this.replaceChildren(h('h2', {}, t('parameters'), h('span', { className: 'sp' }), reset), list)
    this.#ui = { restart, viewer }
  }
}

define('ipc-knobs', Knobs)
