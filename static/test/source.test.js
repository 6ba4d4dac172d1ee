// @ts-check
import assert from 'node:assert/strict'
import test from 'node:test'
import { Call, Kind } from '#ipclab/event.js'
import { excerpt, lineOf, pieces } from '#ipclab/source.js'

test('a line of Go falls into keywords, strings and comments', () => {
  assert.deepEqual(pieces('  for w.Next("write") { // go on'), [
    { k: '', t: '  ' }, { k: 'kw', t: 'for' }, { k: '', t: ' w.Next(' }, { k: 'str', t: '"write"' }, { k: '', t: ') { ' }, { k: 'cm', t: '// go on' },
  ])
  for (const text of ['', 'a := `x`', 'n / 2', `'"' + "\\""`, 'é("ü")', '"open', '// ö']) assert.equal(pieces(text).map(p => p.t).join(''), text)
})

test('an excerpt is the marked lines with some around them', () => {
  const source = 'package p\n\nfunc a() {\n\tx()\n\tone()\n\ty()\n}\n\nfunc b() {\n\tz()\n\ttwo()\n}'.split('\n')
  assert.deepEqual(excerpt(source, [5, 11], [], 7), [4, 5, 6, 0, 10, 11, 12])
  assert.deepEqual(excerpt(source, [5]), [3, 4, 5, 6, 7], 'no empty line at an end')
  assert.deepEqual(excerpt(source, [5], [9], 4.7), [4, 5, 6, 0, 9], 'a loop gives way first')
  assert.deepEqual(excerpt(source, []), [])
  assert.deepEqual(excerpt(source, [99]), [])
})

const lines = { gate: 16, 'send write': 19, 'gate load': 4, load: 8, 'gate add': 9, store: 12, lock: 20, 'recv read': 33, 'block futex': 22 }

test('a process is at its gate, at its call, or nowhere', () => {
  const at = (/** @type {any} */ p, /** @type {string[]} */ gates) => lineOf({ st: 'running', gate: 0, call: null, ...p }, gates, lines, false, [16, 30])
  const call = (/** @type {number} */ kind, /** @type {number} */ n, part = 1) => ({ kind, call: n, part })
  assert.equal(at({ st: 'held', gate: 1 }, ['write']), 16, 'the loop before the write')
  assert.equal(at({ st: 'held', gate: 1, call: call(Kind.RECV, Call.READ) }, ['take']), 30, 'the loop before its last call')
  assert.equal(at({ call: call(Kind.SEND, Call.WRITE) }, ['write']), 19)
  assert.equal(at({ st: 'blocked', call: call(Kind.SEND, Call.WRITE) }, ['write']), 19)
  assert.equal(at({ st: 'blocked', call: call(Kind.LOCK, Call.FUTEX) }, []), 22)
  assert.equal(at({ call: call(Kind.LOCK, Call.NONE) }, []), 20)
  assert.equal(at({ call: call(Kind.STORE, Call.NONE, 0) }, ['load', 'add', 'store']), 9)
  assert.equal(at({ call: call(Kind.STORE, Call.NONE, 2) }, ['load', 'add', 'store']), 12)
  assert.equal(lineOf({ st: 'held', gate: 1, call: call(Kind.SEND, Call.WRITE) }, ['write'], lines, true), 19)
  assert.equal(at({ st: 'gone', gate: 1, call: call(Kind.SEND, Call.WRITE) }, ['write']), 0)
  assert.equal(at({ st: 'held', gate: 3 }, ['a', 'b', 'nowhere']), 0)
})
