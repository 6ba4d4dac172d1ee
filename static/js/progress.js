// @ts-check
// What a student answered: kept in this browser, taken along in a file. A file may
// come from anybody, so nothing in it is believed before it is checked.

import { announce } from '#ipclab/keys.js'
import { download } from '#ipclab/recording.js'
import { t } from '#ipclab/strings.js'

const KEY = 'ipclab-progress'
const LIMITS = { file: 1 << 20, lessons: 200, steps: 50, answers: 16, text: 32 }

/**
 * @typedef {object} StepProgress
 * @property {string} at when it was answered last
 * @property {string[]} [prediction] letters, or a number
 * @property {number} [sure] 1: a guess, 3: certain
 * @property {string[]} [saw] "?": could not tell
 * @property {number} [held] claims that held …
 * @property {number} [of] of so many
 * @property {string[]} [misconceptions] behind the prediction
 * @property {boolean} [done]
 */
/** @typedef {{hash: string, steps: Record<string, StepProgress>}} LessonProgress */
/** @typedef {{lessons: Record<string, LessonProgress>}} Progress */

const isID = (/** @type {string} */ s) => /^[a-z][a-z0-9-]{0,63}$/.test(s)

/** @param {boolean} ok @param {string} what */
function must(ok, what) {
  if (!ok) throw new Error(what)
}

/** @param {any} v */
const isObject = v => typeof v === 'object' && v !== null && !Array.isArray(v)

/**
 * Takes over what is as it must be and throws a sentence where it is not; what a
 * later version may have added is left out.
 * @param {unknown} given @returns {Progress}
 */
export function check(given) {
  const from = /** @type {any} */ (given)
  must(isObject(from) && isObject(from.lessons), 'It holds no progress of ipclab: there are no lessons in it.')
  const all = Object.entries(from.lessons)
  must(all.length <= LIMITS.lessons, `It holds ${all.length} lessons; at most ${LIMITS.lessons} are read.`)
  /** @type {Progress} */
  const out = { lessons: {} }
  for (const [id, l] of /** @type {[string, any][]} */ (all)) {
    must(isID(id), `"${id.slice(0, 40)}" is no name of a lesson.`)
    must(isObject(l) && isObject(l.steps) && typeof l.hash === 'string' && l.hash.length <= 128, `Lesson ${id} is not in order.`)
    const steps = Object.entries(l.steps)
    must(steps.length <= LIMITS.steps, `Lesson ${id} has ${steps.length} steps; at most ${LIMITS.steps} are read.`)
    out.lessons[id] = { hash: l.hash, steps: {} }
    for (const [step, s] of steps) {
      must(isID(step), `"${step.slice(0, 40)}" is no name of a step.`)
      out.lessons[id].steps[step] = checkStep(s, `Step ${step} of lesson ${id}`)
    }
  }
  return out
}

/** @param {any} s @param {string} what @returns {StepProgress} */
function checkStep(s, what) {
  must(isObject(s), `${what} is not in order.`)
  must(typeof s.at === 'string' && s.at.length <= 40 && !Number.isNaN(Date.parse(s.at)), `${what} does not say when it was answered.`)
  /** @type {any} */
  const out = { at: s.at }
  for (const k of ['prediction', 'saw', 'misconceptions']) {
    if (s[k] === undefined) continue
    must(Array.isArray(s[k]) && s[k].length <= LIMITS.answers && s[k].every((/** @type {any} */ x) => typeof x === 'string' && x.length <= LIMITS.text), `${what}: ${k} is no list of answers.`)
    out[k] = [...s[k]]
  }
  for (const [k, most] of /** @type {[string, number][]} */ ([['sure', 3], ['held', 1000], ['of', 1000]])) {
    if (s[k] === undefined) continue
    must(Number.isInteger(s[k]) && s[k] >= 0 && s[k] <= most, `${what}: ${k} is no number from 0 to ${most}.`)
    out[k] = s[k]
  }
  if (s.done !== undefined) out.done = s.done === true
  return out
}

/** Reads a file that somebody saved; throws a sentence. @param {string} text @returns {Progress} */
export function parse(text) {
  must(text.length <= LIMITS.file, `The file has ${text.length} characters; at most ${LIMITS.file} are read.`)
  let value
  try {
    value = JSON.parse(text)
  } catch {
    throw new Error('The file is no JSON.')
  }
  return check(value)
}

/** What both hold; of a step that is in both, what was answered last. @param {Progress} a @param {Progress} b @returns {Progress} */
export function merge(a, b) {
  const out = check(a)
  for (const [id, l] of Object.entries(b.lessons)) {
    const mine = (out.lessons[id] ??= { hash: l.hash, steps: {} })
    for (const [step, s] of Object.entries(l.steps)) {
      const old = mine.steps[step]
      if (old && Date.parse(old.at) >= Date.parse(s.at)) continue
      mine.steps[step] = s
      mine.hash = l.hash
    }
  }
  return out
}

/** All that is kept in this browser; nothing, if what is there cannot be read. @returns {Progress} */
export function load() {
  try {
    return check(JSON.parse(localStorage.getItem(KEY) ?? '{"lessons":{}}'))
  } catch {
    return { lessons: {} }
  }
}

/** @param {Progress} p */
export function save(p) {
  try {
    localStorage.setItem(KEY, JSON.stringify(p))
  } catch {
    // storage may be forbidden or full: the answers last as long as the page
  }
}

/**
 * Notes what became of a step.
 * @param {{id: string, hash: string}} lesson @param {string} step @param {Partial<StepProgress>} more @returns {StepProgress}
 */
export function note(lesson, step, more) {
  const p = load()
  const l = (p.lessons[lesson.id] ??= { hash: lesson.hash, steps: {} })
  if (l.hash !== lesson.hash) Object.assign(l, { hash: lesson.hash, steps: {} }) // answers to another text
  const s = (l.steps[step] = { ...l.steps[step], ...more, at: new Date().toISOString() })
  save(p)
  return s
}

/** Lets the reader keep all answers in a file, and take them from one. @param {() => void} taken */
export function keep(taken) {
  const $ = (/** @type {string} */ q) => /** @type {any} */ (document.querySelector(q))
  $('[data-save]')?.addEventListener('click', () => download([new TextEncoder().encode(JSON.stringify(load(), null, 1))], 'ipclab-progress.json'))
  const input = $('[data-load]')
  input?.addEventListener('change', async () => {
    const file = input.files[0]
    input.value = ''
    if (!file) return
    const error = $('[data-load-error]')
    try {
      save(merge(load(), parse(await file.text())))
      error.hidden = true
      taken()
      announce(t('progressLoaded'))
    } catch (e) {
      error.textContent = t('nothingOpened', { name: file.name, why: /** @type {Error} */ (e).message })
      error.hidden = false
    }
  })
}
