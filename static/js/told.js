// @ts-check
// What is told in the page: the lines of what is done, the claims, the orders tried,
// the commands for a terminal, the end.

import { behind, changes, claimWords, columns, did, isRight, numberOf, runName, sureWord, told } from '#ipclab/answers.js'
import { textOf } from '#ipclab/ask.js'
import { current, h, say } from '#ipclab/dom.js'
import { alive, banner, button } from '#ipclab/keys.js'
import { num, t } from '#ipclab/strings.js'

/** @typedef {import('#ipclab/answers.js').Report} Report */
/** @typedef {import('#ipclab/answers.js').Claim} Claim */

const marks = /** @type {Record<string, [string, string]>} */ ({ '': ['todo', ''], doing: ['run', '…'], done: ['ok', '✓'], failed: ['no', '!'] })

/**
 * Shows how far the lines of a step are, and says the one that has begun.
 * @param {Element} list @param {any[]} lines of the report @returns {string} the line that has begun since, or ''
 */
export function lines(list, lines) {
  let begun = ''
  const left = [...list.children]
  for (const l of lines) {
    const li = /** @type {HTMLElement|undefined} */ (left.find(x => /** @type {HTMLElement} */ (x).dataset.line === String(l.line)))
    if (!li) continue
    const [cls, mark] = marks[l.state] ?? marks['']
    const tick = /** @type {Element} */ (li.firstElementChild)
    if (li.dataset.state !== l.state) {
      if (l.state === 'doing') begun = `${l.text}: ${li.querySelector('small')?.textContent ?? ''}`
      li.dataset.state = l.state
      tick.className = 'tick ' + cls
      say(tick, mark)
      li.className = l.state === 'doing' ? 'on' : l.state === 'failed' ? 'no' : ''
      current(li, l.state === 'doing')
    }
    say(/** @type {Element} */ (li.querySelector('time')), l.state ? seconds(l.at) : '')
    const old = li.querySelector('.saw')
    if (!l.saw) old?.remove()
    else {
      const saw = old ?? h('small', { className: 'saw' })
      if (!old) li.children[1]?.append(saw)
      say(saw, l.state === 'failed' ? t('sawLast', { what: l.saw }) : l.saw)
    }
  }
  return begun
}

/** @param {number} s */
const seconds = s => s.toFixed(s < 100 ? 1 : 0) + '\u00a0s'

/**
 * The claims of a report.
 * @param {Report} r @param {{knobs: any[], said: Record<string, number>, save: HTMLElement|null}} o said: the settings of the lesson
 */
function claims(r, o) {
  const changed = changes(o.knobs, o.said, r.settings)
  const nodes = r.claims.map(c => claim(c, changed, o.save))
  if (r.touched) nodes.unshift(h('p', { className: 'check' }, t('touched')))
  return nodes
}

/** @param {Claim} c @param {ReturnType<typeof changes>} changed @param {HTMLElement|null} save */
function claim(c, changed, save) {
  const { cls, mark, kind, text } = claimWords(c)
  const body = h('div', {}, h('code', {}, c.text), h('span', { className: 'tag' }, [kind, c.mods].filter(Boolean).join(' · ')))
  const sides = c.sides ?? []
  if (cls === 'no') {
    body.append(h('small', {}, h('b', {}, text)))
    if (sides.length) body.append(h('div', { className: 'sides' }, ...sides.map(s => h('div', {}, s.source ? `${s.text} ${s.source}` : t('said'), h('b', {}, s.value)))))
    body.append(h('p', {}, why(changed)))
    if (!changed.length && save) body.append(save)
  } else {
    body.append(h('small', {}, [text, sidesOf(sides)].filter(Boolean).join(' · ')))
  }
  return h('div', { className: 'claim ' + cls }, h('span', { className: 'tick ' + cls, 'aria-hidden': 'true' }, mark), body)
}

/** What was measured, in a line; what the lesson itself says is in the claim. @param {import('#ipclab/answers.js').Side[]} sides */
const sidesOf = sides => sides.filter(s => s.source).map(s => `${s.text} ${s.value} ${s.source}`).join(' · ')

/** Why a claim did not hold, as far as it is known. @param {ReturnType<typeof changes>} changed */
function why(changed) {
  if (!changed.length) return t('notKnownWhy')
  return t('changedWhy', { what: changed.map(c => t('changedOne', c)).join('; ') })
}

/** The orders that were tried. @param {any[]} schedules */
function orders(schedules) {
  const cols = columns(schedules)
  return h('table', {}, h('thead', {}, h('tr', {}, ...cols.map(([name]) => h('th', { scope: 'col' }, name)))),
    h('tbody', {}, ...schedules.map(s => h('tr', {}, ...cols.map(([, text]) => h('td', {}, text(s)))))))
}

/**
 * What came of the run that is chosen: three boxes, the claims, and what is behind a
 * wrong prediction.
 * @param {any} s a step as lesson.js knows it @param {any} data of the page
 * @param {{look: (i: number) => void, replay: () => void, save: HTMLElement|null}} acts
 */
export function verdict({ is: { question: q, answer, settings }, node, runs, shown }, data, { look, replay, save }) {
  const { report: r, prediction, sure, saw } = runs[shown]
  const { knobs } = data.info
  /** @type {Report[]} */
  const reports = runs.map((/** @type {any} */ x) => x.report)
  const $ = (/** @type {string} */ name) => node.querySelector(`[data-${name}]`)
  $('runs').hidden = reports.length < 2
  $('runs').replaceChildren(...reports.map((x, i) => {
    const b = button(runName(knobs, reports, x), '', () => look(i))
    b.setAttribute('aria-pressed', String(i === shown))
    return b
  }))
  $('claims').replaceChildren(...claims(r, { knobs, said: settings, save }))
  $('schedules').hidden = !r.schedules.length
  $('schedules').replaceChildren(...(r.schedules.length ? [orders(r.schedules)] : []))
  if (!q) return
  const beliefs = behind(q, prediction)
  const note = $('behind')
  if (note) {
    note.hidden = !beliefs.length
    note.replaceChildren(h('b', {}, t('behindIt')), ...beliefs.flatMap(id => belief(id, data.misconceptions)))
  }
  const is = did(q, r, answer)
  const same = reports.length > 1 && reports.every(x => String(did(q, x, answer)) === String(is))
  say($('box=predicted'), told(q, prediction, sure))
  say($('box=saw'), told(q, saw))
  say($('box=did'), !is ? t('kernelElse') : told(q, is) + (same ? t('inAllRuns') : ''))
  const flag = $('flag')
  flag.hidden = !saw.length || !is || isRight({ ...q, right: is, number: numberOf(is[0] ?? '') }, saw)
  if (flag.hidden || !is) return
  const facts = otherwise(r, saw, answer)
  flag.replaceChildren(h('div', { className: 'check' }, h('span', { className: 'tick off', 'aria-hidden': 'true' }, '–'),
    h('div', {}, h('p', {}, h('b', {}, t(saw[0] === '?' ? 'youCouldNot' : 'youSaid', { a: told(q, saw), b: told(q, is) }))), ...facts, button(t('watchAgain'), 'btn sm', replay))))
}

/** Kindly, with what was measured: what was seen is not what the records say. @param {Report} r @param {string[]} saw @param {number} answer the line of the claim */
function otherwise(r, saw, answer) {
  const facts = r.options.filter(o => saw.includes(o.letter) && !o.so)
    .map(o => h('p', {}, t('neededFor', { letter: o.letter }) + ' ', h('code', {}, o.text), `; ${t('wasSo')}: `, sidesOf(o.sides ?? [])))
  const sides = r.claims.find(c => c.line === answer)?.sides
  return facts.length || !sides ? facts : [h('p', {}, sidesOf(sides))]
}

/** Shows a prediction beside what happens. @param {any} s a step as lesson.js knows it @param {HTMLFormElement} form */
export function quote({ is: { question: { kind } }, node, prediction, sure }, form) {
  const letters = kind === 'choice' || kind === 'multi'
  const lines = letters || kind === 'order' ? prediction.map((/** @type {string} */ a) => h('span', {}, ...(letters ? [h('i', {}, a), ' '] : []), ...textOf(form, a))) : [h('span', {}, num(numberOf(prediction[0])))]
  node.querySelector('[data-quote]').replaceChildren(h('span', {}, ...lines), h('span', { className: 'note' }, t('youSure', { sure: sureWord(sure) })))
}

/** What was said here before, on this text or an older one. @param {any[]} steps as lesson.js knows them @param {string} hash of the text @param {import('#ipclab/progress.js').LessonProgress|undefined} mine */
export function remind(steps, hash, mine) {
  const old = mine !== undefined && mine.hash !== hash
  if (old) banner('changed', { title: t('lessonChanged'), acts: [[t('dismiss'), () => banner('changed', null)]] })
  steps.forEach(({ is, node }, i) => {
    const k = mine?.steps[is.id]
    if (!k) return
    if (k.done && !old) document.querySelectorAll('.steps li')[i]?.classList.add('done')
    const at = node.querySelector('[data-ask=predict] .note')
    if (at && k.prediction) at.before(h('p', { className: 'note' }, t('lastTime', { what: told(is.question, k.prediction, k.sure) }) + (old ? ' ' + t('lessonChanged') : '')))
  })
}

/** Shows the parts of a phase, and how far a step is. @param {Element} node @param {string} phase */
export function parts(node, phase) {
  for (const e of /** @type {NodeListOf<HTMLElement>} */ (node.querySelectorAll('[data-in]'))) e.hidden = !e.dataset.in?.split(' ').includes(phase)
  const order = /** @type {HTMLElement[]} */ ([...node.querySelectorAll('[data-phase]')])
  const now = order.findIndex(li => li.dataset.phase === (phase === 'ready' || phase === 'running' || phase === 'failed' ? 'run' : phase))
  order.forEach((li, i) => {
    li.classList.toggle('done', i < now)
    current(li, i === now)
  })
}

/** Whether those whom the commands name are still there. @param {any} state @param {boolean} over @param {boolean} replays */
export function whoLives(state, over, replays) {
  const a = over ? 0 : alive(state)
  const b = state.procs.length
  return replays ? t('ofRecording') : !a ? t('noneAlive') : a < b ? t('someAlive', { a, b }) : t(b === 1 ? 'oneAlive' : b === 2 ? 'bothAlive' : 'allAlive')
}

/** The commands to try, with the pids of the run. @param {Element} panel @param {Record<string, number>} pids */
export function commands(panel, pids) {
  for (const code of /** @type {NodeListOf<HTMLElement>} */ (panel.querySelectorAll('[data-command]'))) {
    const text = (code.dataset.command ?? '').replace(/\{([\w-]+)\.pid\}/g, (all, role) => String(pids[role] ?? all))
    say(code, text)
    code.nextElementSibling?.setAttribute('aria-label', 'Copy ' + text)
  }
}

/** What many believe, and what is so. @param {string} id @param {Record<string, {says: string, so: string}>} all @returns {(Node|string)[]} */
const belief = (id, all) => (Object.hasOwn(all, id) ? [' ', h('span', { className: 'mono' }, id), ' ', h('q', {}, all[id].says), ' ', all[id].so] : [])

/**
 * The end of a lesson: what was answered, and what is so.
 * @param {any[]} steps of the lesson @param {Record<string, import('#ipclab/progress.js').StepProgress>} kept @param {Record<string, {says: string, so: string}>} beliefs
 */
export function ending(steps, kept, beliefs) {
  const at = (/** @type {string} */ q) => /** @type {HTMLElement} */ (document.querySelector(q))
  at('[data-results]').replaceChildren(...steps.map(({ id, title, question: q }) => {
    const k = kept[id]
    const of = (/** @type {string[]|undefined} */ answer, /** @type {number} */ sure = 0) => h('td', {}, q && answer ? told(q, answer, sure) : '–')
    return h('tr', {}, h('th', { scope: 'row' }, title), of(k?.prediction, k?.sure), of(k?.saw), h('td', {}, k?.of === undefined ? '–' : t('ofClaims', { a: k.held ?? 0, b: k.of })))
  }))
  const met = [...new Set(Object.values(kept).flatMap(k => k.misconceptions ?? []))].filter(id => Object.hasOwn(beliefs, id))
  at('[data-met-panel]').hidden = !met.length
  at('[data-met]').replaceChildren(...met.map(id => h('li', {}, ...belief(id, beliefs))))
}
