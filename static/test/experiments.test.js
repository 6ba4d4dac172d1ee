// @ts-check
import assert from 'node:assert/strict'
import test from 'node:test'
import { rateWords, verdictWords } from '#ipclab/experiments.js'

const must = { id: 'P1', name: 'full', title: 'A full pipe', sees: 'The writer sleeps.', mode: 0 }
const chance = { ...must, id: 'S1b', usually: 0.9 }

/** @param {any} more @returns {any} */
const verdict = more => ({ experiment: 'full', state: 'judged', ok: false, sees: must.sees, ...more })

test('a row says how often it came out so', () => {
  const words = (/** @type {any} */ e, /** @type {any} */ rate) => {
    const { of, text, low, miss } = rateWords(e, rate)
    return [of, text, low, miss]
  }
  assert.deepEqual(words(must, undefined), ['–', 'not tried yet', false, ''])
  assert.deepEqual(words(must, { held: 7, runs: 7 }), ['7 of 7', 'runs here', false, ''])
  assert.deepEqual(words(must, { held: 7, runs: 8, miss: 'it held 3\nnobody slept' }), ['7 of 8', '! fewer than promised', true, 'Last time: it held 3; nobody slept'])
  assert.deepEqual(words(chance, undefined), ['–', 'expected in 90 %', false, ''])
  assert.deepEqual(words(chance, { held: 9, runs: 10, miss: 'no' }), ['9 of 10', 'runs, 9 expected', false, ''])
})

test('what depends on chance is not judged by a few runs', () => {
  assert.equal(rateWords(chance, { held: 0, runs: 1 }).low, false)
  assert.equal(rateWords(chance, { held: 8, runs: 10 }).low, true)
  assert.equal(rateWords(chance, { held: 18, runs: 20 }).low, false)
})

test('who promises nothing tells a number', () => {
  const shows = { ...must, shows: true }
  assert.deepEqual(rateWords(shows, { held: 3, runs: 3, shown: 'torn = 7' }), { of: 'torn = 7', text: 'the last of 3 runs', low: false, miss: '' })
  const { cls, head, text } = verdictWords(shows, verdict({ ok: true, shown: 'torn = 7' }), 'presenter')
  assert.equal([cls, head, text].join('|'), 'off|Measured|torn = 7')
})

test('the experiment says how it stands', () => {
  const words = (/** @type {any} */ v, e = must, role = 'presenter', past = 0) => {
    const { cls, mark, head, text } = verdictWords(e, verdict(v), role, past)
    return [cls, mark, head, text].join('|')
  }
  assert.equal(words({ state: 'running', left: 1.4 }), 'run|||Running. Judged in 2 s.')
  assert.equal(words({ state: 'running', left: 1.4 }, must, 'presenter', 2), 'run|||Running. Judged in a moment.')
  assert.equal(words({ ok: true, rate: { held: 1, runs: 1 } }), 'ok|✓|Seen in this run|The writer sleeps.')
  assert.equal(words({ why: 'it holds 3 bytes\nthe writer was in ""', rate: { held: 0, runs: 1 } }), 'no|!|Not seen|it holds 3 bytes; the writer was in ""')
  assert.equal(words({ state: 'taken' }), 'off|–|Not judged|you took over.')
  assert.equal(words({ state: 'taken' }, must, 'viewer'), 'off|–|Not judged|the presenter took over.')
  assert.equal(words({ state: 'failed', why: 'it has ended' }), 'off|–|Not judged|it has ended')
})

test('chance is said with its count, and is red only over many runs', () => {
  const words = (/** @type {any} */ v) => {
    const { cls, head, text } = verdictWords(chance, verdict(v), 'presenter')
    return [cls, head, text].join('|')
  }
  assert.equal(words({ ok: true, rate: { held: 8, runs: 9 } }), 'ok|Seen in this run|The writer sleeps. (statistical: 8 of 9)')
  assert.equal(words({ why: 'none was lost', rate: { held: 0, runs: 1 } }), 'off|Not in this run|none was lost (statistical: 0 of 1)')
  assert.equal(words({ why: 'none was lost', rate: { held: 8, runs: 10 } }), 'no|Not seen|none was lost (statistical: 8 of 10)')
})
