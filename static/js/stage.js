// @ts-check
// <ipc-stage>: draws the scene and the state at this moment. It knows types of parts,
// no mechanism. Scenery is SVG, what can be pressed are real buttons on top of it.

import { calloutOf } from '#ipclab/callout.js'
import { Base, define, h, tell } from '#ipclab/dom.js'
import { Mode } from '#ipclab/event.js'
import { cardView, drawCard } from '#ipclab/draw/card.js'
import { Brush, measureAgain, patterns } from '#ipclab/draw/kit.js'
import { drawPart } from '#ipclab/draw/parts.js'
import { drawBands, drawCallout, drawHalves, drawLegend, drawLineLabel, drawQueues, drawWires } from '#ipclab/draw/wires.js'
import { button } from '#ipclab/keys.js'
import { buttons, DROPS, layout, rowsOf } from '#ipclab/layout.js'
import { nameOf, sentence } from '#ipclab/words.js'

/** @typedef {import('#ipclab/layout.js').Layout} Layout */
/** @typedef {import('#ipclab/layout.js').CardBox} CardBox */

const SVG = 'http://www.w3.org/2000/svg'
const SIGNALS = ['STOP', 'CONT', 'TERM', 'KILL']

/** The tools of one process: buttons on its card, or a menu behind its icon. */
class Tools {
  /** @param {string} role @param {(action: string) => void} act @param {() => void} select */
  constructor(role, act, select) {
    this.role = role
    this.step = button('Step', 'st-step', () => act(`step ${role}`))
    this.signals = SIGNALS.map(s => {
      const b = button(s, '', () => {
        act(s === 'KILL' ? `kill ${role}` : `signal ${role} ${s}`)
        this.close()
      })
      b.setAttribute('aria-label', `${s}: send SIG${s} to ${role}`)
      return b
    })
    this.wait = button('wait', '', () => act(`wait ${role}`))
    this.wait.setAttribute('aria-label', `wait for ${role}`)
    this.wait.hidden = true
    this.more = button('', 'st-more', () => this.toggle())
    this.more.setAttribute('aria-haspopup', 'true')
    this.menu = h('div', { className: 'st-menu', role: 'group', 'aria-label': `signals for ${role}`, hidden: true })
    this.pick = button('', 'st-pick', select)
    this.node = h('div', { className: 'st-tools', role: 'toolbar', 'aria-label': `${role}: what you can do` })
    this.shape = ''
    this.node.addEventListener('keydown', e => this.#keys(e))
  }

  toggle() {
    this.menu.hidden = !this.menu.hidden
    this.more.setAttribute('aria-expanded', String(!this.menu.hidden))
    this.node.classList.toggle('st-open', !this.menu.hidden)
    if (!this.menu.hidden) this.items()[this.items().indexOf(this.more) + 1]?.focus()
  }

  close() {
    if (!this.menu.hidden && this.menu.contains(document.activeElement)) this.more.focus()
    this.menu.hidden = true
    this.more.setAttribute('aria-expanded', 'false')
    this.node.classList.remove('st-open')
  }

  items() {
    return [...this.node.querySelectorAll('button')].filter(b => !b.disabled && !b.hidden && !b.closest('[hidden]'))
  }

  /** One stop for the tab key, arrows go on from there. */
  rove() {
    const list = this.items()
    const at = list.includes(/** @type {any} */ (document.activeElement)) ? document.activeElement : list.find(b => b.tabIndex === 0) ?? list[0]
    for (const b of this.node.querySelectorAll('button')) b.tabIndex = b === at ? 0 : -1
  }

  /** @param {KeyboardEvent} e */
  #keys(e) {
    if (e.key === 'Escape') return this.close()
    const by = e.key === 'ArrowRight' || e.key === 'ArrowDown' ? 1 : e.key === 'ArrowLeft' || e.key === 'ArrowUp' ? -1 : 0
    const list = this.items()
    const i = list.indexOf(/** @type {any} */ (document.activeElement))
    if (!by || i < 0) return
    e.preventDefault()
    e.stopPropagation()
    list[(i + by + list.length) % list.length]?.focus()
    this.rove()
  }

  /** @param {CardBox} b @param {number} drop @param {import('#ipclab/draw/card.js').CardView} c @param {{off: string, live: boolean, zombie: boolean}} o */
  update(b, drop, c, o) {
    const inside = buttons(b.size, drop)
    const shape = b.size === 'L' && inside ? 'row' : inside ? 'short' : 'menu'
    if (shape !== this.shape) {
      this.shape = shape
      this.close()
      this.node.className = 'st-tools ' + { row: 'st-row', short: 'st-short', menu: 'st-menu-only' }[shape]
      if (shape === 'row') this.node.replaceChildren(this.pick, this.step, ...this.signals, this.wait)
      else {
        this.menu.replaceChildren(...(shape === 'menu' ? [this.step] : []), ...this.signals, this.wait)
        this.node.replaceChildren(this.pick, ...(shape === 'short' ? [this.step] : []), this.more, this.menu)
        this.more.textContent = shape === 'short' ? 'Signal…' : ''
        this.more.setAttribute('aria-label', `Signal… to ${this.role}`)
      }
    }
    const st = this.node.style
    for (const [k, x] of /** @type {[string, number][]} */ ([['--x', b.x], ['--y', b.y], ['--w', b.w], ['--h', b.h]])) st.setProperty(k, String(Math.round(x * 10) / 10))
    const held = c.next !== ''
    this.step.hidden = !o.live || c.dead || drop >= DROPS.step && shape !== 'menu'
    this.step.textContent = 'Step' + (held && shape === 'row' ? ' ' + c.next : '')
    this.step.setAttribute('aria-label', `${this.step.textContent}: let ${this.role} do one operation${held ? ', ' + c.next : ''}`) // a name begins with what is read
    this.step.classList.toggle('st-hot', held && !o.off)
    this.wait.hidden = !o.zombie
    for (const s of this.signals) s.hidden = o.zombie && s !== this.signals[0]
    for (const b2 of [this.step, ...this.signals]) {
      b2.disabled = o.off !== '' || (b2 === this.step && !held)
      b2.title = o.off || (b2 === this.step && !held ? 'it is not held before an operation' : '')
    }
    this.wait.disabled = o.off !== '' && o.off !== 'the process is dead'
    this.pick.setAttribute('aria-label', `${c.letter} ${c.role} ${c.pid}, ${c.word} ${c.where}`.replace(/\s+/g, ' ').trim())
    this.pick.setAttribute('aria-pressed', String(c.selected))
    this.rove()
  }
}

export class Stage extends Base {
  /** @type {any} */
  #frame
  /** @type {Layout|null} */
  #layout = null
  #shape = ''
  /** @type {Record<string, Brush>} */
  #layers = {}
  /** @type {Map<number, {g: Element, brush: Brush, key: string}>} */
  #cards = new Map()
  /** @type {Map<number, Tools>} */
  #tools = new Map()
  /** @type {any} */
  #svg
  /** @type {any} */
  #over
  #width = 0
  #height = 0
  #told = ''

  connectedCallback() {
    if (this.#svg) return
    this.#svg = document.createElementNS(SVG, 'svg')
    this.#svg.setAttribute('role', 'group')
    this.#svg.setAttribute('class', 'st-svg')
    patterns(this.#svg)
    for (const name of ['back', 'wires', 'cards', 'parts', 'top']) {
      const g = document.createElementNS(SVG, 'g')
      this.#svg.append(g)
      this.#layers[name] = new Brush(g)
    }
    this.#over = h('div', { className: 'st-over' })
    this.append(this.#svg, this.#over)
    new ResizeObserver(() => this.#measure()).observe(this)
    document.fonts?.ready.then(() => {
      measureAgain()
      this.#again()
    })
    addEventListener('pointerdown', e => {
      for (const t of this.#tools.values()) if (!t.node.contains(/** @type {Node} */ (e.target))) t.close()
    })
    this.#measure()
  }

  #again() {
    this.#shape = ''
    for (const c of this.#cards.values()) c.key = ''
    if (this.#frame) this.update(this.#frame)
  }

  /** Where the page gives the stage no height it takes what it needs. */
  #measure() {
    const width = this.clientWidth
    if (!width) return
    const own = this.style.height
    if (own) this.style.height = ''
    const height = width < 600 ? 0 : this.clientHeight
    if (own) this.style.height = own
    if (width === this.#width && height === this.#height) return
    this.#width = width
    this.#height = height
    this.#again()
  }

  /** @param {any} given the frame */
  update(given) {
    this.#frame = given
    if (!given?.header?.scene || !given.state || !this.#width || !this.#svg) return
    const { header, state } = given
    // Only the operation that is drawn moves: what came after it has no picture of its own.
    const moves = given.u === 1 || given.index === undefined || given.trace?.at(given.index)?.seq === state.now?.seq
    const frame = moves ? given : { ...given, u: 1 }
    const full = frame.live && state.mode === Mode.FULL && (frame.aggregate !== null && frame.aggregate !== undefined || (frame.trace?.aggregates?.length ?? 0) > 0)
    const shape = `${this.#width} ${this.#height} ${full} ${frame.compact} ${header.run} ${header.epoch}`
    if (shape !== this.#shape) {
      this.#shape = shape
      this.#arrange(header, full, frame)
    }
    const l = /** @type {Layout} */ (this.#layout)
    const { wires, parts, top } = /** @type {any} */ (this.#layers)
    const spots = new Map()
    for (const b of l.parts) drawPart(parts, b, frame, spots, l.drop)
    parts.end()
    for (const b of l.cards) this.#card(b, frame, full, l)
    if (full) {
      drawLineLabel(top, l, frame, drawBands(wires, l, frame), true)
    } else {
      const taken = drawWires(wires, top, l, frame, spots)
      drawQueues(wires, l, frame)
      drawLineLabel(wires, l, frame, taken, false)
      const c = frame.u < 1 ? null : calloutOf(state, header)
      const now = l.narrow && state.now ? sentence(state.now, state, header) : null
      if (c) drawCallout(top, l.callout, c)
      else if (now) top.say(l.callout.x + l.callout.w / 2, l.callout.y + 26, `${now.who}: ${now.text}`, { an: 'middle', c: 't2', max: l.callout.w })
      drawLegend(wires, l, frame)
    }
    wires.end()
    top.end()
    this.#describe(frame)
  }

  /** @param {any} header @param {boolean} full @param {any} frame */
  #arrange(header, full, frame) {
    const l = (this.#layout = layout(header.scene, { width: this.#width, height: this.#height, full, compact: frame.compact === true }))
    this.#svg.setAttribute('viewBox', `0 0 ${Math.round(l.W * 10) / 10} ${Math.round(l.H * 10) / 10}`)
    this.style.setProperty('--W', String(l.W))
    if (this.#height) this.style.height = ''
    else this.style.height = `${Math.ceil((l.H * this.#width) / l.W)}px`
    const back = /** @type {Brush} */ (this.#layers.back)
    drawHalves(back, l)
    back.end()
    for (const [n, c] of this.#cards) {
      if (l.cards.some(b => b.proc === n)) continue
      c.g.remove()
      this.#tools.get(n)?.node.remove()
      this.#cards.delete(n)
      this.#tools.delete(n)
    }
    for (const b of l.cards) {
      let c = this.#cards.get(b.proc)
      const role = header.scene.procs[b.proc - 1].role
      if (!c) {
        const g = document.createElementNS(SVG, 'g')
        this.#layers['cards']?.root.append(g)
        this.#cards.set(b.proc, (c = { g, brush: new Brush(g), key: '' }))
      }
      c.g.setAttribute('transform', `translate(${b.x} ${b.y})`)
      c.key = ''
      if (this.#tools.get(b.proc)?.role !== role) {
        this.#tools.get(b.proc)?.node.remove()
        const t = new Tools(role, action => tell(this, 'ipc-do', action), () => tell(this, 'ipc-select', b.proc))
        this.#tools.set(b.proc, t)
        this.#over.append(t.node)
      }
    }
  }

  /** @param {CardBox} b @param {any} frame @param {boolean} full @param {Layout} l */
  #card(b, frame, full, l) {
    const c = /** @type {{brush: Brush, key: string}} */ (this.#cards.get(b.proc))
    const view = cardView(frame, b.proc - 1, b, b.size === 'chip' ? [] : rowsOf(frame.header.scene, b.proc - 1, b.size, full))
    const viewer = frame.role === 'viewer'
    const off = viewer ? 'only the presenter may do this' : frame.recorded ? 'nothing runs: this is a recording' : frame.over ? 'the run has ended' : view.dead ? 'the process is dead' : view.st === 'none' ? 'it has not started' : ''
    const key = JSON.stringify([view, off, frame.state.mode, l.drop])
    if (key === c.key) return
    c.key = key
    drawCard(c.brush, view, b, l.drop)
    c.brush.end()
    this.#tools.get(b.proc)?.update(b, l.drop, view, { off, live: frame.state.mode !== Mode.FULL && !frame.recorded, zombie: view.st === 'zombie' && !viewer && !frame.recorded })
  }

  /** The picture in words, for those who cannot see it. @param {any} frame */
  #describe(frame) {
    const { state, header } = frame
    const procs = state.procs.map((/** @type {any} */ q) => `${nameOf(q, state)} ${q.st}`).join(', ')
    const s = state.now && state.mode !== Mode.FULL ? sentence(state.now, state, header) : null
    const text = `Stage. ${procs}.${s ? ` ${s.who} ${s.text}.` : ''}`
    if (text === this.#told) return
    this.#told = text
    this.#svg.setAttribute('aria-label', text)
  }
}

define('ipc-stage', Stage)
