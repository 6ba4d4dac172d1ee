// @ts-check
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { goOn, stepsDone } from '#ipclab/path.js'

const all = [
  { id: 'one', number: 'L01', title: 'One', minutes: 10, hash: 'a', steps: ['x', 'y'] },
  { id: 'two', number: 'L02', title: 'Two', minutes: 15, hash: 'b', steps: ['x', 'y', 'z'] },
]
const day = (/** @type {number} */ n) => `2026-11-0${n}T10:00:00Z`

test('a beginner begins with the first step of the first lesson', () => {
  assert.deepEqual(goOn({ lessons: {} }, all), { lesson: all[0], step: 0, minutes: 10, begun: false })
})

test('one goes on where one was last, and not in what is done', () => {
  /** @type {import('#ipclab/progress.js').Progress} */
  const p = { lessons: {
    one: { hash: 'a', steps: { x: { at: day(1), done: true } } },
    two: { hash: 'b', steps: { x: { at: day(2), done: true }, y: { at: day(3) }, gone: { at: day(4), done: true } } },
  } }
  assert.equal(stepsDone(p, all[1]), 1, 'a step that the lesson has no more does not count')
  assert.deepEqual(goOn(p, all), { lesson: all[1], step: 1, minutes: 10, begun: true })
  p.lessons.two = { hash: 'b', steps: { x: { at: day(2), done: true }, y: { at: day(3), done: true }, z: { at: day(4), done: true } } }
  assert.deepEqual(goOn(p, all), { lesson: all[0], step: 1, minutes: 5, begun: true })
})

test('when all is done there is nowhere to go on', () => {
  const done = (/** @type {string[]} */ steps) => Object.fromEntries(steps.map(s => [s, { at: day(1), done: true }]))
  assert.equal(goOn({ lessons: { one: { hash: 'a', steps: done(['x', 'y']) }, two: { hash: 'b', steps: done(['x', 'y', 'z']) } } }, all), null)
})
