// @ts-check
// The learning path: how far each lesson is, and where to go on. What is known of
// that is kept in this browser only.

import { load } from '#ipclab/progress.js'
import { num, t } from '#ipclab/strings.js'

/** @typedef {{id: string, number: string, title: string, minutes: number, hash: string, steps: string[]}} Lesson */
/** @typedef {import('#ipclab/progress.js').Progress} Progress */

/** How many steps of a lesson are done. @param {Progress} p @param {Lesson} l */
export const stepsDone = (p, l) => l.steps.filter(s => p.lessons[l.id]?.steps[s]?.done).length

/**
 * Where to go on: in the lesson that was worked on last, if it is not done, else in
 * the first that is not done. Null when all are done.
 * @param {Progress} p @param {Lesson[]} all
 * @returns {{lesson: Lesson, step: number, minutes: number, begun: boolean}|null}
 */
export function goOn(p, all) {
  const open = all.filter(l => stepsDone(p, l) < l.steps.length)
  const newest = (/** @type {Lesson} */ l) => Math.max(0, ...Object.values(p.lessons[l.id]?.steps ?? {}).map(s => Date.parse(s.at)))
  const lesson = open.reduce((/** @type {Lesson|undefined} */ best, l) => (best && newest(best) >= newest(l) ? best : l), undefined)
  if (!lesson) return null
  const step = lesson.steps.findIndex(s => !p.lessons[lesson.id]?.steps[s]?.done)
  const left = lesson.steps.length - stepsDone(p, lesson)
  return { lesson, step, minutes: Math.max(1, Math.round((lesson.minutes * left) / lesson.steps.length)), begun: newest(lesson) > 0 }
}

/** @param {string} q @param {ParentNode} [of] @returns {any} */
const $ = (q, of = document) => of.querySelector(q)

/** @param {Element|null} e @param {string} text */
function say(e, text) {
  if (e) e.textContent = text
}

/** Shows how far everything is. @param {Lesson[]} all */
export function show(all) {
  const p = load()
  for (const l of all) {
    const n = stepsDone(p, l)
    const changed = Object.keys(p.lessons[l.id]?.steps ?? {}).length > 0 && p.lessons[l.id]?.hash !== l.hash
    for (const a of document.querySelectorAll(`[data-lesson="${l.id}"]`)) {
      a.classList.toggle('full', n === l.steps.length)
      a.classList.toggle('half', n > 0 && n < l.steps.length)
      say($('[data-how-far]', a), t(n ? 'stepsDone' : 'steps', { a: num(n), b: num(l.steps.length) }) + (changed ? ' · ' + t('changedSince') : ''))
    }
  }
  say($('[data-path-count]'), t('lessonsDone', { a: num(all.filter(l => stepsDone(p, l) === l.steps.length).length), b: num(all.length) }))
  card(goOn(p, all))
  for (const box of document.querySelectorAll('[data-sentence]')) sentence(/** @type {HTMLElement} */ (box), p, all)
}

/** @param {ReturnType<typeof goOn>} next */
function card(next) {
  const box = $('[data-go-on]')
  if (!box) return
  const link = $('a', box)
  link.hidden = !next
  for (const a of document.querySelectorAll('.path [aria-current]')) a.removeAttribute('aria-current')
  if (!next) {
    say($('b', box), t('allDone'))
    return say($('span', box), t('allDoneText'))
  }
  const { lesson, step, minutes, begun } = next
  say($('b', box), `${lesson.number} · ${lesson.title}`)
  say($('span', box), t(begun ? 'stepIsNext' : 'stepIsFirst', { a: num(step + 1), b: num(lesson.steps.length), n: num(minutes) }))
  say(link, t(begun ? 'goOn' : 'begin'))
  link.href = `/lessons/${lesson.id}#${lesson.steps[step]}`
  $(`.path [data-lesson="${lesson.id}"]`)?.closest('li')?.setAttribute('aria-current', 'step')
}

/**
 * What was found is told only to those who have tested it, on whose run it was so.
 * @param {HTMLElement} box @param {Progress} p @param {Lesson[]} all
 */
function sentence(box, p, all) {
  const { of = '', step = '' } = box.dataset
  const l = all.find(x => x.id === of)
  const s = p.lessons[of]?.steps[step]
  const tested = !!l && !!s?.done && s.of !== undefined
  const held = tested && s.held === s.of
  $('[data-asks]', box).hidden = held
  $('[data-found]', box).hidden = !held
  $('[data-test]', box).hidden = held
  const tick = $('[data-tick]', box)
  tick.hidden = !tested
  if (!tested) return say($('[data-tested]', box), box.dataset.untested ?? '')
  tick.className = held ? 'tick ok' : 'tick no'
  say(tick, held ? '✓' : '!')
  say($('[data-tested]', box), t('testedIn', { lesson: l.number, a: num(s.held ?? 0), b: num(s.of ?? 0), day: new Date(s.at).toLocaleDateString('en-GB', { day: 'numeric', month: 'long' }) }))
}
