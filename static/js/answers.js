// @ts-check
// What an answer means: whether it is right, what the kernel did, how a claim is
// told in words. Nothing here touches the page.

import { valueText } from '#ipclab/knobs.js'
import { num, t } from '#ipclab/strings.js'

/** @typedef {{id: string, kind: 'choice'|'multi'|'order'|'number', right: string[], number?: number, within?: number, misconceptions?: Record<string, string[]>}} Question */
/** @typedef {{text: string, value: string, source: string}} Side */
/** @typedef {{line: number, text: string, kind: 'must'|'usually'|'show', held: boolean, error?: string, skip?: string, sides?: Side[], after?: number, mods?: string, held_of?: number, runs?: number, least?: number, of?: number}} Claim */
/** @typedef {{letter: string, text: string, so: boolean, error?: string, sides?: Side[]}} Option */
/** @typedef {{step: string, state: string, why?: string, lines: any[], claims: Claim[], options: Option[], schedules?: any[], touched?: boolean, settings: Record<string, number>, pids: Record<string, number>}} Report */

/** A report as it comes: what is empty may be missing. @param {any} r @returns {Report} */
export const whole = r => ({ ...r, lines: r.lines ?? [], claims: r.claims ?? [], options: r.options ?? [], schedules: r.schedules ?? [], settings: r.settings ?? {}, pids: r.pids ?? {} })

/** A number as a student writes it, NaN if it is none. @param {string} text */
export function numberOf(text) {
  const plain = text.replace(/[\s\u00a0_']/g, '').replace(/,(?=\d{3}(\D|$))/g, '').replace(',', '.')
  return /^[-+]?\d+(\.\d+)?$/.test(plain) ? Number(plain) : NaN
}

/** @param {Question} q @param {string[]} answer */
export function isRight(q, answer) {
  if (q.kind === 'number') return Math.abs(numberOf(answer[0] ?? '') - (q.number ?? 0)) <= (q.within ?? 0)
  if (q.kind === 'order') return answer.join() === q.right.join()
  return [...answer].sort().join() === [...q.right].sort().join()
}

/** Whether enough was answered to go on. @param {Question} q @param {string[]} answer */
export function isWhole(q, answer) {
  if (answer[0] === '?') return true
  if (q.kind === 'number') return !Number.isNaN(numberOf(answer[0] ?? ''))
  return answer.length > 0
}

/** The misconceptions behind a wrong answer. @param {Question} q @param {string[]} answer */
export function behind(q, answer) {
  if (isRight(q, answer)) return []
  const wrong = answer.filter(a => q.kind === 'order' || !q.right.includes(a))
  return [...new Set(wrong.flatMap(a => q.misconceptions?.[a] ?? []))]
}

/** An answer in a box. @param {Question} q @param {string[]} answer @param {number} [sure] */
export function told(q, answer, sure) {
  let text = answer.join(', ')
  if (answer[0] === '?') text = t('couldNotTell')
  else if (q.kind === 'number') text = num(numberOf(answer[0]))
  else if (q.kind === 'order') text = t(isRight(q, answer) ? 'inThisOrder' : 'inAnotherOrder')
  return sure ? `${text}, ${sureWord(sure)}` : text
}

/** @param {number} sure */
export const sureWord = sure => t(/** @type {any} */ ('sure' + sure))

/**
 * What the kernel did, as an answer to the question: the right answer, if the claim
 * that stands for it held; else the answer whose own words were so; else null.
 * @param {Question} q @param {Report} r @param {number} line of that claim
 * @returns {string[]|null}
 */
export function did(q, r, line) {
  const so = r.options.filter(o => o.so && !o.error).map(o => o.letter)
  if (so.length) return so
  const claim = r.claims.find(c => c.line === line)
  if (!claim || claim.error || claim.skip || !held(claim)) return null
  return q.kind === 'number' ? [String(q.number)] : q.right
}

/** Whether a claim is as the lesson says. @param {Claim} c */
export function held(c) {
  if (c.kind !== 'usually' || !c.of) return c.held
  return (c.held_of ?? 0) * c.of >= (c.least ?? 0) * (c.runs ?? 0)
}

/** How many claims held of those that promise something. @param {Report} r */
export function count(r) {
  const of = r.claims.filter(c => c.kind !== 'show' && !c.skip)
  return { held: of.filter(c => !c.error && held(c)).length, of: of.length }
}

/** A claim by a mark and in words. @param {Claim} c @returns {{cls: 'ok'|'no'|'off', mark: string, kind: string, text: string}} */
export function claimWords(c) {
  const kind = t(/** @type {any} */ ('kind' + c.kind))
  if (c.skip) return { cls: 'off', mark: '–', kind, text: t('notHere', { why: c.skip }) }
  if (c.error) return { cls: c.kind === 'show' ? 'off' : 'no', mark: c.kind === 'show' ? '–' : '!', kind, text: t('cannotJudge', { why: c.error }) }
  if (c.kind === 'show') return { cls: 'off', mark: '–', kind, text: t(c.held ? 'shownSo' : 'shownNot') }
  const runs = c.kind === 'usually' ? t('heldOf', { a: num(c.held_of ?? 0), b: num(c.runs ?? 0), least: num(c.least ?? 0), of: num(c.of ?? 0) }) : ''
  if (held(c)) return { cls: 'ok', mark: '✓', kind, text: runs || (c.after ? t('heldAfter', { n: num(Math.round(c.after * 10) / 10) }) : '') }
  return { cls: 'no', mark: '!', kind, text: `${t('didNotHold')} ${runs}`.trim() }
}

/** The knobs that were not as the lesson has them. @param {any[]} knobs @param {Record<string, number>} said @param {Record<string, number>} was */
export function changes(knobs, said, was) {
  return knobs.flatMap(k => {
    const a = said[k.name] ?? k.default
    const b = was[k.name] ?? k.default
    return a === b ? [] : [{ name: k.name, label: k.label, from: valueText(k, a), to: valueText(k, b) }]
  })
}

/** What a run is called among those of its step: by the values in which they differ. @param {any[]} knobs @param {Report[]} all @param {Report} r */
export function runName(knobs, all, r) {
  const differ = knobs.filter(k => new Set(all.map(x => x.settings[k.name] ?? k.default)).size > 1)
  const n = count(r)
  return [...differ.map(k => valueText(k, r.settings[k.name] ?? k.default)), t('ofClaims', { a: n.held, b: n.of })].join(' · ')
}

/** What to tell of the orders that were tried: a heading, and its text. @param {any[]} schedules */
export function columns(schedules) {
  const has = (/** @type {(s: any) => boolean} */ f) => schedules.some(f)
  /** @type {[string, (s: any) => string][]} */
  const out = [[t('colOrder'), s => s.order]]
  if (has(s => s.killed)) out.push([t('colKilled'), s => s.killed || t('colNobody')])
  if (has(s => s.counter || s.expected)) out.push([t('colCounter'), s => t('rate', { a: num(s.counter), b: num(s.expected) })], [t('colLost'), s => num(s.lost)])
  if (has(s => s.torn)) out.push([t('colRecord'), s => t(s.torn ? 'colTorn' : 'colWhole')])
  if (has(s => s.blocked?.length)) out.push([t('colAsleep'), s => s.blocked?.join(', ') || t('colNobody')])
  if (has(s => !s.ended)) out.push([t('colEnd'), s => t(s.ended ? 'colDone' : 'colStuck')])
  return out
}
