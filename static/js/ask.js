// @ts-check
// A question in the page: radio buttons, boxes, a list to be ordered, or a number.

import { isRight, isWhole, numberOf } from '#ipclab/answers.js'
import { say } from '#ipclab/dom.js'
import { announce } from '#ipclab/keys.js'
import { num, t } from '#ipclab/strings.js'

const inputs = (/** @type {ParentNode} */ form) => /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll('.opts input')])

/** The answer as it stands. @param {HTMLFormElement} form @returns {string[]} */
export function read(form) {
  const order = [...form.querySelectorAll('[data-order] > li')].map(li => /** @type {HTMLElement} */ (li).dataset.letter ?? '')
  const chosen = inputs(form).filter(i => i.checked).map(i => i.value)
  if (chosen.includes('?')) return ['?']
  if (order.length) return order
  const field = /** @type {HTMLInputElement|null} */ (form.querySelector('input.number'))
  if (field) return [Number.isNaN(numberOf(field.value)) ? '' : String(numberOf(field.value))]
  return chosen
}

/** How sure somebody is, 0 if that was not said. @param {HTMLFormElement} form */
export const sure = form => Number(/** @type {HTMLInputElement|null} */ (form.querySelector('.sure input:checked'))?.value ?? 0)

/** Puts an answer back, or none. @param {HTMLFormElement} form @param {string[]} answer */
export function put(form, answer) {
  for (const i of inputs(form)) i.checked = answer.includes(i.value)
  const field = /** @type {HTMLInputElement|null} */ (form.querySelector('input.number'))
  if (field) field.value = answer[0] ?? ''
  const list = form.querySelector('[data-order]')
  for (const letter of list ? answer : []) {
    const li = list?.querySelector(`[data-letter="${CSS.escape(letter)}"]`)
    if (li) list?.append(li)
  }
  form.dispatchEvent(new Event('input'))
}

/** The text of an answer, as nodes of their own. @param {HTMLFormElement} form @param {string} letter */
export function textOf(form, letter) {
  const at = form.querySelector(`.opts input[value="${CSS.escape(letter)}"]`)?.parentElement ?? form.querySelector(`[data-order] > [data-letter="${CSS.escape(letter)}"]`)
  return [...(at?.querySelector(':scope > span')?.childNodes ?? [])].map(n => n.cloneNode(true))
}

/** Marks one answer by a word at its end. @param {HTMLFormElement} form @param {string[]} letters @param {string} word */
export function mark(form, letters, word) {
  for (const i of inputs(form)) {
    const label = /** @type {HTMLElement} */ (i.parentElement)
    label.querySelector('.tag')?.remove()
    if (!letters.includes(i.value)) continue
    const tag = document.createElement('em')
    tag.className = 'tag'
    tag.textContent = word
    label.append(tag)
  }
}

/** What the keys of letters do: they choose in the question that can be seen. */
export const letters = Object.fromEntries([...'ABCDE'].map(l => [l, () => choose(l)]))

/** @param {string} letter */
function choose(letter) {
  const form = /** @type {HTMLFormElement[]} */ ([...document.querySelectorAll('form.ask')]).find(f => f.checkVisibility())
  const i = form && inputs(form).find(x => x.value === letter)
  if (!i) return
  i.checked = i.type === 'radio' || !i.checked
  i.focus()
  i.dispatchEvent(new Event('input', { bubbles: true }))
}

/**
 * Binds a form: ready says whether it may be sent, sent gets the answer.
 * @param {HTMLFormElement} form @param {() => boolean} ready @param {(answer: string[], sure: number) => void} sent
 */
export function bind(form, ready, sent) {
  const button = /** @type {HTMLButtonElement} */ (form.querySelector('.go2 > :is(button:not([type=button]), [data-go])'))
  const look = () => void (button.disabled = !ready())
  form.addEventListener('input', e => {
    const at = /** @type {HTMLInputElement} */ (e.target)
    // One cannot have seen something and nothing.
    if (at.type === 'checkbox' && at.checked) for (const i of inputs(form)) if ((i.value === '?') !== (at.value === '?')) i.checked = false
    look()
  })
  form.addEventListener('submit', e => {
    e.preventDefault()
    if (ready()) sent(read(form), sure(form))
  })
  for (const b of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll('[data-move]'))) b.addEventListener('click', () => move(form, b))
  form.querySelector('[data-order]')?.addEventListener('keydown', ev => {
    const e = /** @type {KeyboardEvent} */ (ev)
    const by = e.altKey ? { ArrowUp: -1, ArrowDown: 1 }[e.key] : undefined
    const b = by && /** @type {HTMLElement|null|undefined} */ (/** @type {Element} */ (e.target).closest('li')?.querySelector(`[data-move="${by}"]`))
    if (!b) return
    e.preventDefault()
    move(form, b)
  })
  look()
}

/** Moves a line of a list by one. @param {HTMLFormElement} form @param {HTMLElement} b the button of the line */
function move(form, b) {
  const li = /** @type {HTMLElement} */ (b.closest('li'))
  const up = b.dataset.move === '-1'
  const other = up ? li.previousElementSibling : li.nextElementSibling
  if (!other) return
  if (up) other.before(li)
  else other.after(li)
  b.focus()
  const all = [...(li.parentElement?.children ?? [])]
  announce(t('movedTo', { n: all.indexOf(li) + 1, of: all.length }))
  form.dispatchEvent(new Event('input', { bubbles: true }))
}

/**
 * A question from an earlier lesson: it is told at once whether the answer is right.
 * @param {HTMLFormElement} form @param {() => void} done
 */
function recall(form, done) {
  const words = (form.dataset.right ?? '').split(' ')
  const [number, within] = words.map(Number)
  const kind = form.querySelector('input.number') ? 'number' : form.querySelector('[data-order]') ? 'order' : form.querySelector('[type=checkbox]') ? 'multi' : 'choice'
  /** @type {import('#ipclab/answers.js').Question} */
  const q = { id: '', kind, right: words, number, within }
  bind(form, () => isWhole(q, read(form)), answer => {
    const answers = kind === 'number' ? [num(number)] : words.map(a => textOf(form, a).map(n => n.textContent).join('').trim().replace(/\.$/, ''))
    const at = form.querySelector('[data-told]')
    if (at) say(at, isRight(q, answer) ? t('right') : t('wrongTold', { a: answers.join(kind === 'order' ? ' → ' : '; ') }))
    done()
  })
}

/** The questions from earlier lessons. @param {() => void} done when all have been answered */
export function recalls(done) {
  const forms = /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll('[data-recall] form'))
  let open = forms.length
  for (const form of forms) recall(form, () => void (--open || done()))
}
