// @ts-check
import assert from 'node:assert/strict'
import test from 'node:test'
import { check, load, merge, note, parse } from '#ipclab/progress.js'

const step = { at: '2026-11-23T05:00:00.000Z', prediction: ['C'], sure: 2, saw: ['C'], held: 3, of: 3, misconceptions: ['PI-1'], done: true }
/** @param {any} more */
const of = (more = {}) => ({ lessons: { race: { hash: 'abc', steps: { window: { ...step, ...more } } } } })

test('what was saved is read again', () => {
  assert.deepEqual(parse(JSON.stringify(of())), of())
  assert.deepEqual(check({ lessons: { race: { hash: 'abc', steps: { window: { at: step.at, later: 1 } }, later: 2 } }, later: 3 }), { lessons: { race: { hash: 'abc', steps: { window: { at: step.at } } } } })
})

test('a file that is not in order is refused whole, with a sentence', () => {
  const many = Object.fromEntries(Array.from({ length: 300 }, (_, i) => ['l' + i, { hash: '', steps: {} }]))
  for (const [bad, why] of /** @type {[string, RegExp][]} */ ([
    ['', /no JSON/], ['null', /no lessons/], ['[]', /no lessons/], ['{"lessons":[]}', /no lessons/], ['{"lessons":{"a":null}}', /Lesson a/],
    ['{"lessons":{"__proto__":{"hash":"","steps":{}}}}', /no name of a lesson/], ['{"lessons":{"a":{"hash":"","steps":{"<img>":{}}}}}', /no name of a step/],
    [JSON.stringify(of({ at: 'soon' })), /when/], [JSON.stringify(of({ at: 5 })), /when/], [JSON.stringify(of({ prediction: 'C' })), /prediction/], [JSON.stringify(of({ saw: [{}] })), /saw/],
    [JSON.stringify(of({ saw: ['x'.repeat(99)] })), /saw/], [JSON.stringify(of({ sure: 4 })), /sure/], [JSON.stringify(of({ of: -1 })), /of is no number/], [JSON.stringify(of({ held: 1.5 })), /held/],
    [JSON.stringify({ lessons: many }), /300 lessons/], [' '.repeat((1 << 20) + 1), /characters/],
  ])) assert.throws(() => parse(bad), why, bad.slice(0, 60))
  assert.equal(/** @type {any} */ ({}).hash, undefined)
})

test('of two answers the later one counts', () => {
  const old = of({ at: '2026-11-22T05:00:00.000Z', prediction: ['A'] })
  assert.deepEqual(merge(old, of()).lessons.race.steps.window.prediction, ['C'])
  assert.deepEqual(merge(of(), old).lessons.race.steps.window.prediction, ['C'])
  assert.deepEqual(Object.keys(merge(of(), { lessons: { locks: { hash: 'x', steps: {} } } }).lessons), ['race', 'locks'])
})

test('answers are kept by lesson, and go with its text', t => {
  /** @type {Record<string, string>} */
  const kept = {}
  const storage = { getItem: (/** @type {string} */ k) => kept[k] ?? null, setItem: (/** @type {string} */ k, /** @type {string} */ v) => void (kept[k] = v) }
  Object.defineProperty(globalThis, 'localStorage', { value: storage, configurable: true })
  t.after(() => Reflect.deleteProperty(globalThis, 'localStorage'))
  note({ id: 'race', hash: 'one' }, 'window', { prediction: ['A'], sure: 1 })
  note({ id: 'race', hash: 'one' }, 'window', { saw: ['C'], done: true })
  const p = load()
  assert.deepEqual([p.lessons.race.steps.window.prediction, p.lessons.race.steps.window.saw], [['A'], ['C']])
  note({ id: 'race', hash: 'two' }, 'orders', { prediction: ['B'] })
  assert.deepEqual(Object.keys(load().lessons.race.steps), ['orders'])
  kept['ipclab-progress'] = '{"lessons": 5}'
  assert.deepEqual(load(), { lessons: {} })
})
