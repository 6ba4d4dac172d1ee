// @ts-check
import assert from 'node:assert/strict'
import test from 'node:test'
import { layout } from '#ipclab/layout.js'
import { copiesHeader, pipeHeader, shmHeader, signalsHeader } from './script.js'

/** @typedef {import('#ipclab/layout.js').Layout} Layout */
/** @typedef {{x: number, y: number, w: number, h: number}} Box */

const scenes = /** @type {Record<string, any>} */ ({
  ...Object.fromEntries([[1, 1], [1, 2], [2, 1], [2, 2], [4, 1], [4, 3], [1, 7], [4, 4], [8, 8]].map(([w, r]) => [`pipe ${w} ${r}`, pipeHeader(w ?? 1, r ?? 1)])),
  ...Object.fromEntries([2, 3, 4, 5, 6, 8].flatMap(n => [[`shm ${n}`, shmHeader(n)], [`shm ${n} lock record`, shmHeader(n, { lock: true, record: true })]])),
  ...Object.fromEntries([2, 3, 4].map(n => [`copies ${n}`, copiesHeader(n)])),
  signals: signalsHeader(),
  handler: signalsHeader(true),
})
const sizes = [[880, 560], [880, 444], [1244, 650], [1044, 340], [700, 0], [700, 480], [366, 0], [330, 0]]

/** @param {(l: Layout, name: string, scene: any, full: boolean) => void} f */
function each(f) {
  for (const [name, header] of Object.entries(scenes)) {
    for (const [width, height] of sizes) {
      for (const full of [false, true]) f(layout(header.scene, { width: width ?? 0, height: height ?? 0, full }), `${name} in ${width} × ${height}${full ? ' full' : ''}`, header.scene, full)
    }
  }
}

/** @param {Box} a @param {Box} b */
const meet = (a, b) => Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x) > 1 && Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y) > 1

test('every process and every part has its place, on the sheet and beside the others', () => {
  each((l, name, scene) => {
    assert.equal(l.cards.length, scene.procs.length, name)
    const boxes = [...l.cards, ...l.parts]
    for (const b of boxes) assert.ok(b.x >= 0 && b.y >= 0 && b.x + b.w <= l.W + 0.5 && b.y + b.h <= l.H + 0.5, `${name}: a box is outside: ${JSON.stringify(b)} of ${l.W} × ${l.H}`)
    boxes.forEach((a, i) => boxes.slice(i + 1).forEach(b => assert.ok(!meet(a, b), `${name}: ${JSON.stringify(a)} over ${JSON.stringify(b)}`)))
  })
})

test('the sheet has the shape of its container', () => {
  each((l, name) => {
    const size = sizes.find(([w, h]) => name.includes(`in ${w} × ${h}`))
    const [w, h] = size ?? [0, 0]
    if (w && h && w >= 600) assert.ok(Math.abs(l.H / l.W - h / w) < 0.01, `${name}: ${l.W} × ${l.H}`)
  })
})

test('the line lies between what is in user space and what is in the kernel', () => {
  each((l, name, scene) => {
    const line = l.lines[0] ?? 0
    for (const p of l.parts) assert.ok(p.type === 'page' ? p.y + p.h < line : p.y > line, `${name}: ${scene.parts[p.n].id}`)
    for (const c of l.cards) assert.ok(c.group !== 'taker' || !l.narrow ? c.y + c.h < line : c.y > (l.lines[1] ?? 0), `${name}: ${c.proc}`)
  })
})

test('wires are horizontal and vertical, end at the object and cross no card of another', () => {
  each((l, name) => {
    for (const w of l.wires) {
      for (let i = 1; i < w.pts.length; i++) {
        const [x0, y0, x1, y1] = [...(w.pts[i - 1] ?? []), ...(w.pts[i] ?? [])]
        if (x0 === undefined || y0 === undefined || x1 === undefined || y1 === undefined) throw new Error(name)
        assert.ok(x0 === x1 || y0 === y1, `${name}: a slanting wire ${JSON.stringify(w.pts)}`)
        const seg = { x: Math.min(x0, x1) - 0.6, y: Math.min(y0, y1) - 0.6, w: Math.abs(x1 - x0) + 1.2, h: Math.abs(y1 - y0) + 1.2 }
        for (const c of l.cards) if (c.proc !== w.proc && c.size !== 'chip') assert.ok(!meet(seg, c), `${name}: the wire of ${w.proc} crosses card ${c.proc}`)
      }
      const end = w.pts[w.pts.length - 1] ?? [0, 0]
      const to = l.parts.find(p => end[0] >= p.x - 1 && end[0] <= p.x + p.w + 1 && (Math.abs(end[1] - p.y) < 4 || Math.abs(end[1] - p.y - p.h) < 4))
      assert.ok(to, `${name}: the wire of ${w.proc} ends nowhere`)
    }
  })
})

test('no two wires lie on each other', () => {
  each((l, name) => {
    const ends = l.wires.filter(w => l.cards.find(c => c.proc === w.proc)?.size !== 'chip').map(w => Math.round((w.pts[w.pts.length - 1]?.[0] ?? 0) * 10))
    const up = l.wires.filter(w => l.cards.find(c => c.proc === w.proc)?.size !== 'chip').map((w, i) => `${ends[i]} ${Math.round(w.pts[w.pts.length - 1]?.[1] ?? 0)}`)
    assert.equal(new Set(up).size, up.length, `${name}: ${up}`)
  })
})

test('cards in one row are alike', () => {
  each((l, name) => {
    for (const g of ['giver', 'taker', 'peer']) {
      const rows = new Map()
      for (const c of l.cards.filter(x => x.group === g)) {
        const before = rows.get(c.row) ?? c
        assert.ok(before.y === c.y && before.h === c.h && before.size === c.size, name)
        rows.set(c.row, c)
      }
    }
  })
})

test('the callout covers no card and no part', () => {
  each((l, name, _, full) => {
    if (full) return
    const at = l.callout
    for (const b of [...l.cards, ...l.parts]) assert.ok(!meet(at, b), `${name}: over ${JSON.stringify(b)}: ${JSON.stringify(at)}`)
    assert.ok(at.y + at.h <= l.H + 1, name)
  })
})

test('a wire ends at the page of its own process', () => {
  each((l, name, scene) => {
    if (!name.startsWith('copies')) return
    for (const w of l.wires) {
      const [x] = w.pts.at(-1) ?? [-1]
      const page = l.parts.find(p => scene.parts[p.n].id === 'page' + w.proc)
      assert.ok(page && x >= page.x && x <= page.x + page.w, `${name}: the wire of ${w.proc} ends at ${x}, its page is ${JSON.stringify(page)}`)
    }
  })
})
