// @ts-check
// Nodes without markup: every panel builds its own by createElement and textContent.

/** The base of all elements; tests under node have no HTMLElement. */
export const Base = globalThis.HTMLElement ?? /** @type {typeof HTMLElement} */ (/** @type {unknown} */ (class {}))

/** @param {string} name @param {CustomElementConstructor} type */
export function define(name, type) {
  if (globalThis.customElements && !customElements.get(name)) customElements.define(name, type)
}

/**
 * Makes an HTML element. Properties with a dash, and role, become attributes.
 * @param {string} tag
 * @param {Record<string, any>} [props]
 * @param {...(Node|string)} children
 * @returns {HTMLElement}
 */
export function h(tag, props = {}, ...children) {
  const e = document.createElement(tag)
  for (const [k, v] of Object.entries(props)) {
    if (v === undefined || v === null) continue
    if (k.includes('-') || k === 'role') e.setAttribute(k, String(v))
    else Object.assign(e, { [k]: v })
  }
  e.append(...children)
  return e
}

/** @param {Element} e @param {string} text */
export function say(e, text) {
  if (e.textContent !== text) e.textContent = text
}

/** Whether it is where one is. @param {Element} e @param {boolean} yes */
export function current(e, yes) {
  if (yes) e.setAttribute('aria-current', 'step')
  else e.removeAttribute('aria-current')
}

/** @param {EventTarget} from @param {string} name @param {any} detail */
export function tell(from, name, detail) {
  from.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }))
}

/** Copies a command; where there is no clipboard, on plain http, it is selected. @param {HTMLElement} code @param {HTMLElement} button */
export async function copyFrom(code, button) {
  try {
    await navigator.clipboard.writeText(code.textContent ?? '')
    button.textContent = 'Copied'
  } catch {
    getSelection()?.selectAllChildren(code)
    button.textContent = 'Selected'
  }
  setTimeout(() => (button.textContent = 'Copy'), 1500)
}

/**
 * The heading of a panel: the one that its page gave it, or one of its own.
 * @param {HTMLElement} panel @param {string} title
 * @returns {{sub: (text: string) => void, end: HTMLElement}}
 */
export function heading(panel, title) {
  let h2 = panel.closest('.panel')?.querySelector(':scope > h2')
  if (!h2) panel.prepend((h2 = h('h2', {}, title)))
  const find = (/** @type {string} */ c) => {
    const e = h2.querySelector(':scope > .' + c) ?? h('span', { className: c })
    h2.append(e)
    return /** @type {HTMLElement} */ (e)
  }
  const q = find('q')
  find('sp')
  return { sub: text => say(q, text), end: find('end') }
}

/** Keeps a panel from drawing more often than can be read. */
export class Rest {
  #at = -Infinity
  #timer = 0

  /** False if it is too soon; then again is called once it is not. @param {number} ms @param {() => void} again */
  over(ms, again) {
    const left = this.#at + ms - performance.now()
    if (left <= 0) {
      this.#at = performance.now()
      return true
    }
    this.#timer ||= Number(setTimeout(() => {
      this.#timer = 0
      again()
    }, left))
    return false
  }
}

const SVG = 'http://www.w3.org/2000/svg'

/**
 * Draws the same nodes again: a picture is put down from first to last, and only
 * what differs from the picture before touches the page.
 */
export class Pen {
  /** @param {Element} root */
  constructor(root) {
    this.root = root
    /** @type {{node: Element, tag: string, has: Record<string, any>}[]} */
    this.drawn = []
    this.n = 0
  }

  /** @param {string} tag @param {Record<string, string|number|undefined|null>} has @param {string} [text] */
  put(tag, has, text) {
    let d = this.drawn[this.n]
    if (d?.tag !== tag) {
      const node = document.createElementNS(SVG, tag)
      if (d) d.node.replaceWith(node)
      else this.root.append(node)
      this.drawn[this.n] = d = { node, tag, has: {} }
    }
    this.n++
    for (const k in has) {
      const v = has[k]
      if (d.has[k] === v) continue
      if (v === undefined || v === null) d.node.removeAttribute(k)
      else d.node.setAttribute(k, typeof v === 'number' ? String(Math.round(v * 100) / 100) : v)
    }
    for (const k in d.has) if (!(k in has)) d.node.removeAttribute(k)
    d.has = has
    if (text !== undefined && d.node.textContent !== text) d.node.textContent = text
  }

  /** @param {number} x @param {number} y @param {number} w @param {number} hh @param {Record<string, any>} [o] */
  rect(x, y, w, hh, o) {
    this.put('rect', { x, y, width: Math.max(0, w), height: hh, ...o })
  }

  /** @param {string} d @param {Record<string, any>} [o] */
  path(d, o) {
    this.put('path', { d, fill: 'none', ...o })
  }

  /** @param {number} x @param {number} y @param {string} text @param {string} [cls] */
  text(x, y, text, cls) {
    this.put('text', { x, y, class: cls }, text)
  }

  /** Takes away what was not drawn again. */
  end() {
    for (const d of this.drawn.splice(this.n)) d.node.remove()
    this.n = 0
  }
}

/** @type {CanvasRenderingContext2D|null|undefined} */
let ruler
const widths = new Map()

/** The width of a text as it will be drawn. @param {string} text @param {string} [font] */
export function wide(text, font = '600 12.5px Go, system-ui, sans-serif') {
  const key = font + text
  let w = widths.get(key)
  if (w === undefined) {
    ruler ??= document.createElement('canvas').getContext('2d')
    if (!ruler) return text.length * 7
    ruler.font = font
    w = ruler.measureText(text).width
    if (widths.size > 4000) widths.clear()
    widths.set(key, w)
  }
  return w
}

/** A text that is no wider. @param {string} text @param {number} max */
export function cut(text, max) {
  if (wide(text) <= max) return text
  while (text.length > 1 && wide(text + '…') > max) text = text.slice(0, -1)
  return text + '…'
}
