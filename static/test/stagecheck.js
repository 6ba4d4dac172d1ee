// @ts-check
// Draws every scene in every size and theme and looks at what came of it: no text over
// text, none outside, none too small, no button cut, at most one callout.

import '#ipclab/stage.js'
import { Trace } from '#ipclab/trace.js'
import { frameOf, scenes } from './scenes.js'

// Under node, which runs every file of this folder, there is nothing to look at.
const page = globalThis.document
const stage = /** @type {any} */ (page?.querySelector('ipc-stage'))
const main = /** @type {HTMLElement} */ (page?.querySelector('main'))
const sizes = [[880, 560], [880, 444], [1244, 650], [1044, 340], [700, 0], [366, 0]]
const soon = () => new Promise(f => requestAnimationFrame(() => requestAnimationFrame(f)))

/** @param {string} about @returns {string[]} what is wrong */
function look(about) {
  /** @type {string[]} */
  const bad = []
  const svg = stage.querySelector('svg')
  const box = svg.viewBox.baseVal
  const back = svg.getCTM().inverse()
  const texts = [...svg.querySelectorAll('text')].filter(e => e.textContent.trim() && e.getComputedTextLength() > 0).map(e => {
    const q = back.multiply(e.getCTM())
    const b = e.getBBox()
    const size = Number(e.getAttribute('font-size'))
    return { s: e.textContent, size, x: q.a * b.x + q.e, y: q.d * b.y + q.f + size * 0.18, w: b.width * q.a, h: size * 0.86 }
  })
  for (const t of texts) {
    if (t.x < -1 || t.y < -2 || t.x + t.w > box.width + 1 || t.y + t.h > box.height + 2) bad.push(`outside: ${t.s}`)
    if (t.size < 12) bad.push(`${t.size} units: ${t.s}`)
  }
  texts.forEach((a, i) => texts.slice(i + 1).forEach(b => {
    const w = Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x)
    const h = Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y)
    if (w > 1 && h > 1.5) bad.push(`"${a.s}" over "${b.s}" by ${w.toFixed(0)} × ${h.toFixed(0)}`)
  }))
  for (const b of stage.querySelectorAll('button')) if (b.offsetParent && b.scrollWidth > b.clientWidth + 1) bad.push(`button cut: ${b.textContent}`)
  const callouts = [...svg.querySelectorAll('rect[fill="var(--now)"]')].filter(r => Number(r.getAttribute('rx')) >= 10 && Number(r.getAttribute('rx')) <= 12)
  if (callouts.length > 1) bad.push(`${callouts.length} callouts`)
  return bad.map(x => `${about}: ${x}`)
}

async function check() {
  await Promise.all(['400 14px Go', '700 14px Go', '400 14px "Go Mono"'].map(f => document.fonts.load(f)))
  /** @type {string[]} */
  const bad = []
  let n = 0
  for (const [w, h] of sizes) {
    main.style.width = `${w}px`
    main.style.height = h ? `${h}px` : ''
    main.classList.toggle('fixed', h !== 0)
    for (const [name, make] of Object.entries(scenes)) {
      const sc = make()
      sc.header.run = `${name} ${n}` // so that the stage is laid out again
      const trace = new Trace(sc.header)
      trace.push(sc.events)
      stage.update(frameOf(sc, trace))
      await soon()
      stage.update(frameOf(sc, trace))
      bad.push(...look(`${name} in ${w} × ${h}`))
      n++
    }
  }
  return { n, bad }
}

/** How long a frame takes while tokens move, against one in which nothing does. In ms. */
async function cost() {
  const sc = /** @type {any} */ (scenes['pipe 4 3'])()
  const trace = new Trace(sc.header)
  trace.push(sc.events)
  const run = (/** @type {(i: number) => number} */ u) => {
    const began = performance.now()
    for (let i = 0; i < 300; i++) stage.update(frameOf(sc, trace, u(i)))
    return (performance.now() - began) / 300
  }
  run(() => 1)
  return { idle: run(() => 1), moving: run(i => (i % 60) / 60) }
}

if (page) Object.assign(window, { checked: check(), cost })
