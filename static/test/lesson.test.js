// @ts-check
import assert from 'node:assert/strict'
import test from 'node:test'
import { behind, changes, claimWords, columns, count, did, isRight, isWhole, numberOf, runName, told, whole } from '#ipclab/answers.js'

/** @type {any} */
const choice = { id: 'q', kind: 'choice', right: ['C'], misconceptions: { A: ['PI-1'], B: ['PI-3', 'PI-1'] } }
/** @type {any} */
const multi = { ...choice, kind: 'multi', right: ['A', 'C'], misconceptions: { B: ['PI-3'] } }
/** @type {any} */
const order = { ...choice, kind: 'order', right: ['A', 'B', 'C'], misconceptions: {} }
/** @type {any} */
const number = { id: 'q', kind: 'number', right: [], number: 64000, within: 100 }

test('a number is read as people write it', () => {
  assert.deepEqual(['64000', '64 000', '64\u00a0000', '64,000', '-2', '1,5', '1.5'].map(numberOf), [64000, 64000, 64000, 64000, -2, 1.5, 1.5])
  for (const bad of ['', 'many', '1e9', '0x10', '1 or 2', '--1', 'Infinity']) assert.ok(Number.isNaN(numberOf(bad)), bad)
})

test('an answer is right, or names what is behind it', () => {
  assert.ok(isRight(choice, ['C']) && !isRight(choice, ['A']) && !isRight(choice, ['?']))
  assert.ok(isRight(multi, ['C', 'A']) && !isRight(multi, ['A']) && !isRight(multi, ['A', 'B', 'C']))
  assert.ok(isRight(order, ['A', 'B', 'C']) && !isRight(order, ['C', 'B', 'A']))
  assert.ok(isRight(number, ['63900']) && !isRight(number, ['63899']) && !isRight(number, ['']))
  assert.deepEqual(behind(choice, ['B']), ['PI-3', 'PI-1'])
  assert.deepEqual(behind(choice, ['C']), [])
  assert.deepEqual(behind(multi, ['A', 'B']), ['PI-3'])
  assert.deepEqual(behind(number, ['1']), [])
})

test('nobody goes on without an answer', () => {
  assert.deepEqual([isWhole(choice, []), isWhole(choice, ['A']), isWhole(choice, ['?'])], [false, true, true])
  assert.deepEqual([isWhole(number, ['']), isWhole(number, ['12'])], [false, true])
})

test('an answer in a box', () => {
  assert.equal(told(choice, ['C'], 2), 'C, fairly sure')
  assert.equal(told(choice, ['?']), 'could not tell')
  assert.equal(told(multi, ['A', 'C']), 'A, C')
  assert.equal(told(order, ['B', 'A', 'C'], 1), 'another order, a guess')
  assert.equal(told(number, ['64000'], 3), '64\u00a0000, certain')
})

/** @param {any} more @returns {any} */
const claim = more => ({ line: 7, text: 'pipe.bytes == pipe.capacity', kind: 'must', held: true, ...more })
/** @param {any} more */
const report = more => whole({ step: 's', state: 'judged', claims: [claim({})], ...more })

test('what the kernel did is told by the claims of this run', () => {
  assert.deepEqual(did(choice, report({}), 7), ['C'])
  assert.equal(did(choice, report({ claims: [claim({ held: false })] }), 7), null)
  assert.equal(did(choice, report({ claims: [claim({ error: 'records are missing' })] }), 7), null)
  assert.equal(did(choice, report({ claims: null }), 7), null)
  assert.deepEqual(did(choice, report({ options: [{ letter: 'B', so: true }, { letter: 'A', so: false }] }), 7), ['B'])
  assert.deepEqual(did(number, report({}), 7), ['64000'])
})

test('a claim says of which kind it is and what came of it', () => {
  const words = (/** @type {any} */ more) => Object.values(claimWords(claim(more))).join('|')
  assert.equal(words({}), 'ok|✓|must hold|')
  assert.equal(words({ after: 6.54 }), 'ok|✓|must hold|held after 6.5 s')
  assert.equal(words({ held: false }), 'no|!|must hold|Did not hold on this run.')
  assert.equal(words({ error: 'there is no such process' }), 'no|!|must hold|could not be checked: there is no such process')
  assert.equal(words({ skip: 'it needs 2 cores' }), 'off|–|must hold|not checked here: it needs 2 cores')
  assert.equal(words({ kind: 'show', held: false }), 'off|–|only shown|not so in this run; nothing is promised')
  assert.equal(words({ kind: 'usually', held: false, held_of: 19, runs: 20, least: 18, of: 20 }), 'ok|✓|holds usually|held in 19 of 20 runs; promised: 18 of 20')
  assert.match(words({ kind: 'usually', held: true, held_of: 17, runs: 20, least: 18, of: 20 }), /^no\|!\|.*Did not hold on this run\. held in 17/)
})

test('what promises nothing is not counted', () => {
  assert.deepEqual(count(report({ claims: [claim({}), claim({ held: false }), claim({ kind: 'show', held: false }), claim({ skip: 'x' }), claim({ error: 'x' })] })), { held: 1, of: 3 })
})

/** @type {any[]} */
const knobs = [{ name: 'size', label: 'Record size', unit: 'bytes', min: 1, max: 8192, default: 1024 }, { name: 'n', label: 'Rounds', min: 0, max: 9, default: 3 }]

test('runs are told apart by what was changed', () => {
  const a = report({ settings: { size: 1024, n: 3 } })
  const b = report({ settings: { size: 1000 }, claims: [claim({ held: false })] })
  assert.deepEqual(changes(knobs, { size: 1024 }, { size: 1000, n: 3 }), [{ name: 'size', label: 'Record size', from: '1\u00a0024\u00a0B', to: '1\u00a0000\u00a0B' }])
  assert.equal(runName(knobs, [a, b], a), '1\u00a0024\u00a0B · 1 of 1')
  assert.equal(runName(knobs, [a, b], b), '1\u00a0000\u00a0B · 0 of 1')
})

test('orders are told by what differs among them', () => {
  const s = { order: 'a.load b.load', counter: 1, expected: 2, lost: 1, torn: false, blocked: null, ended: true }
  const row = (/** @type {any[]} */ all) => columns(all).map(([name, text]) => `${name}: ${text(all[0])}`)
  assert.deepEqual(row([s]), ['order: a.load b.load', 'counter: 1 of 2', 'lost: 1'])
  assert.deepEqual(row([{ ...s, killed: 'a.store', blocked: ['b'], ended: false, torn: true }]), ['order: a.load b.load', 'killed before: a.store', 'counter: 1 of 2', 'lost: 1', 'record: torn', 'asleep at the end: b', 'work: not done'])
})
