// @ts-check
// The machine's page: checks as they are made, and limits as they were read.

import { h, say } from '#ipclab/dom.js'
import { announce, bindKeys } from '#ipclab/keys.js'
import { get, post } from '#ipclab/live.js'
import { span, t } from '#ipclab/strings.js'

const $ = (/** @type {string} */ q) => /** @type {any} */ (document.querySelector(q))
const data = JSON.parse($('#data').textContent)

/**
 * @typedef {object} Check
 * @property {string} id @property {string} group @property {string} title @property {'ok'|'part'|'no'|'unknown'} status
 * @property {string} [value] @property {string} [from] @property {string} says @property {string} [mend] @property {number} took
 */

const ticks = /** @type {Record<string, [string, string, import('#ipclab/strings.js').Key]>} */ ({
  ok: ['ok', '✓', 'isOk'], part: ['part', '½', 'isPart'], no: ['off', '–', 'isNo'], unknown: ['off', '?', 'isUnknown'],
})
const LIMITS = 'limits'
let drawn = ''
let said = 0

/** @param {Check} c */
function row(c) {
  const [cls, sign, word] = ticks[c.status] ?? ticks.unknown
  const what = h('span', {}, h('b', {}, c.title), h('span', { className: 'vh' }, `: ${t(word)}. `))
  for (const line of [[c.value, c.says].filter(Boolean).join(': '), c.mend]) if (line) what.append(h('small', {}, line))
  return h('li', {}, h('span', { className: 'tick ' + cls, 'aria-hidden': 'true' }, sign), what, h('span', { className: 'ms' }, span(c.took)))
}

/** @param {string} group @param {Check[]} checks @param {boolean} more */
function panel(group, checks, more) {
  const count = (/** @type {string} */ s) => checks.filter(c => c.status === s).length
  const names = /** @type {Record<string, any>} */ ({ mechanisms: 'groupMechanisms', looking: 'groupLooking' })
  const list = h('ul', { className: 'chk' }, ...checks.map(row))
  if (more) list.append(h('li', { className: 'now' }, h('span', { className: 'tick run', 'aria-hidden': 'true' }, '…'), h('span', {}, h('b', {}, t('nextCheck')))))
  return h('section', { className: 'panel', 'aria-label': names[group] ? t(names[group]) : group },
    h('h2', {}, names[group] ? t(names[group]) : group, h('span', { className: 'sp' }), h('span', { className: 'q' }, t('groupCount', { ok: count('ok'), no: count('no') + count('unknown'), part: count('part') }))), list)
}

/** @param {{machine: any, running: boolean, of: number, checks: Check[]}} m */
function show(m) {
  const key = JSON.stringify([m.running, m.checks.length])
  if (key === drawn) return
  drawn = key
  const shown = m.checks.filter(c => c.group !== LIMITS)
  const groups = [...new Set(shown.map(c => c.group))]
  const last = m.checks[m.checks.length - 1]?.group
  $('[data-groups]').replaceChildren(...groups.map(g => panel(g, shown.filter(c => c.group === g), m.running && g === last)))
  $('[data-limits]').replaceChildren(...m.checks.filter(c => c.group === LIMITS).map(c => {
    const tr = h('tr', {}, h('th', { scope: 'row' }, '● ' + c.title), h('td', {}, c.value ?? ''))
    tr.title = [c.from, c.says].filter(Boolean).join(': ')
    return tr
  }))
  const n = m.checks.length
  const ok = shown.filter(c => c.status === 'ok').length
  const title = m.running ? t('checking', { a: n, b: m.of }) : t('checked', { ok, b: shown.length })
  say($('#progress'), title)
  say($('[data-progress-text]'), m.running ? $('[data-progress-text]').textContent : t('checkedText'))
  const meter = $('.meter')
  meter.setAttribute('aria-valuenow', String(n))
  meter.setAttribute('aria-valuemax', String(Math.max(1, m.of)))
  meter.firstElementChild.style.setProperty('width', `${(100 * n) / Math.max(1, m.of)}%`)
  $('[data-again]').toggleAttribute('disabled', m.running || data.role === 'viewer')
  if (!m.running || n - said >= 5) {
    said = n
    announce(title)
  }
  $('[data-report]').textContent = [m.machine.kernel, ...m.checks.map(c => `${c.status.padEnd(8)}${c.title}: ${[c.value, c.says, c.mend].filter(Boolean).join('; ')}`)].join('\n')
}

let asked = false

async function poll() {
  const { ok, data: m } = await get('/machine')
  if (!ok) {
    say($('[data-progress-text]'), t('doctorGone'))
    return void setTimeout(poll, 2000)
  }
  show(m)
  if (!m.running && !m.checks.length && !asked && data.role !== 'viewer') {
    asked = true
    await post('/machine/check', {})
  }
  if (m.running || !m.checks.length) setTimeout(poll, 250)
}

$('[data-again]').addEventListener('click', async () => {
  await post('/machine/check', {})
  drawn = ''
  said = 0
  poll()
})

// On plain http a page has no clipboard: then the text is shown and selected.
$('[data-copy]').addEventListener('click', async () => {
  const report = $('[data-report]')
  try {
    await navigator.clipboard.writeText(report.textContent)
    announce(t('copied'))
  } catch {
    report.hidden = false
    getSelection()?.selectAllChildren(report)
    report.focus()
    announce(t('selectToCopy'))
  }
})

bindKeys({})
poll()
