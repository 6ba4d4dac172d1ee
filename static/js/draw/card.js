// @ts-check
// A process as a card: outline and header say in which state it is, the hue who it is.

import { Call, Flag, Kind, Mode, Wait, waitNames } from '#ipclab/event.js'
import { ratesOf } from '#ipclab/frames.js'
import { DROPS, own, shows } from '#ipclab/layout.js'
import { Brush, tw, v } from '#ipclab/draw/kit.js'
import { callText, errnoName, formatBytes, formatCount, formatRate, formatSpan, lettered, messageName, signalName } from '#ipclab/words.js'

/** @typedef {import('#ipclab/fold.js').State} State */
/** @typedef {import('#ipclab/fold.js').ProcState} ProcState */
/** @typedef {import('#ipclab/layout.js').CardBox} CardBox */

/**
 * @typedef {object} Row
 * @property {string} k
 * @property {string} [t]
 * @property {string} [name]
 * @property {string} [val]
 * @property {string} [hue]
 * @property {number} [frac]
 * @property {[string, string][]} [v]
 */

/**
 * @typedef {object} CardView
 * @property {string} role
 * @property {string} pid
 * @property {string} hue
 * @property {boolean} stripe
 * @property {string} letter
 * @property {string} st
 * @property {string} word
 * @property {string} where
 * @property {string} call
 * @property {string} note
 * @property {Row[]} rows
 * @property {string} next the gate it is held before
 * @property {boolean} dead
 * @property {boolean} selected
 * @property {Row|null} reg its register, where there is no row for it
 */

/** What a state is called. @param {ProcState} q @param {any} frame */
function wordOf(q, frame) {
  if (q.st === 'none') return 'not started'
  if (q.st !== 'held') return q.st
  if (q.gate < 0) return 'rests'
  if (frame.recorded || frame.over) return 'held'
  return frame.state.mode === Mode.STEP ? 'held by you' : frame.state.mode === Mode.SLOW ? 'held by the pace' : 'held'
}

/** Where a process sleeps, in the word of all kernels. @param {ProcState} q */
function placeOf(q) {
  return waitNames[Number(q.wait && q.wait !== 7 ? q.wait : q.call?.kind === Kind.BLOCK ? q.call.data : 0)] ?? '' // a call that falls asleep says where
}

/** @param {any} header @param {ProcState} q @param {number} i @param {State} s */
function nextText(header, q, i, s) {
  const gate = header.scene.procs[i]?.gates[q.gate - 1] ?? ''
  if (q.gate <= 0 || !gate || q.st !== 'held') return ''
  const stream = header.scene.parts.some((/** @type {any} */ p) => p.type === 'pipe' && !own(header.scene, p))
  if (q.group !== 'giver' || !stream) return 'next: ' + gate
  const n = q.lastMsg ? q.lastMsg + 1 : (i + 1) * 2 ** 40 + 1
  return `next: ${gate} ${messageName(n, s)}`
}

/** @param {ProcState} q */
const endText = q => (!q.exit ? '' : q.exit.signal ? 'killed by SIG' + signalName(q.exit.signal) : 'exit ' + q.exit.code)

/** @param {ProcState} q @param {State} s @param {any} header @param {boolean} large */
function callLine(q, s, header, large) {
  const c = q.call
  if (!c) return ''
  if (q.st === 'gone' || q.st === 'zombie') return c.unknown ? callText(q, header) : ''
  const stream = c.kind === Kind.SEND || c.kind === Kind.RECV
  if (stream && !large && !c.done && c.call !== Call.PPOLL) return `${c.call === 2 ? 'write' : 'read'} ${messageName(c.msg, s)}`.trim() + `, ${c.want}`
  if (c.kind === Kind.BLOCK && !large && s.parts[c.part - 1]?.type === 'pipe') return c.call === 2 ? `write ${messageName(c.msg, s)}, ${c.want}` : `read(${c.want})`
  if (c.kind === Kind.STORE && c.error) return `${callText(q, header)} = ${errnoName(c.error)}`
  if (c.error) return `${callText(q, header).replace(/\(.*/, '')} = ${errnoName(c.error)}`
  if (stream && !large) return `${c.kind === Kind.SEND ? 'write' : 'read'} = ${c.ret}`
  if (c.kind === Kind.STORE && c.part && !c.call && !large) return `store ${c.data}`
  if (c.kind === Kind.LOCK && !c.call) return c.ret === 1 ? (c.flags & Flag.OWNERDIED ? 'lock = EOWNERDEAD' : 'took the lock') : 'lock: taken'
  return callText(q, header)
}

/** @param {ProcState} q @param {State} s @param {any} frame @param {boolean} large */
function noteOf(q, s, frame, large) {
  const c = q.call
  const n = q.n
  const whole = s.dropped + s.lost === 0 && s.sample <= 1 // else the records do not tell how many there were
  const did = !whole ? '' : q.group === 'giver' ? `${formatCount(n.sent)} sent` : q.group === 'taker' ? `${formatCount(n.received)} taken` : n.sent ? `${formatCount(n.sent)} stored` : ''
  if (q.st === 'zombie') return 'not yet waited for'
  if (q.st === 'gone') return c?.unknown ? 'its last call: outcome unknown' : endText(q)
  if (q.st === 'none') return ''
  if (q.st === 'stopped') return 'SIGSTOP took it off the processor'
  if (q.st === 'blocked') {
    const t = frame.t - q.since
    const long = t > 1e6 ? ' for ' + formatSpan(Math.floor(t / 1e7) * 1e7 || t) : ''
    return large ? `asleep in ${placeOf(q)}${long}` : long.trim() || did
  }
  if (q.st === 'held') {
    const has = q.locks.length ? 'holds the lock' : ''
    return has || did
  }
  if (!c?.done) return did
  if (c.kind === Kind.SEND || c.kind === Kind.RECV) {
    if (c.flags & Flag.EOF) return 'end of file: no writer is left'
    const last = !large && c.kind === Kind.RECV && q.lastMsg ? `, last ${messageName(q.lastMsg, s)}` : ''
    if (!large) return did + last
    return c.ret > 0 ? `copied ${formatBytes(c.ret)}${c.flags & Flag.PACED || !c.dur ? '' : ' in ' + formatSpan(c.dur)}` : did
  }
  if (c.kind === Kind.STORE && c.part && c.flags & Flag.CONFLICT) return `over a newer value`
  if (c.kind === Kind.DELIVER) {
    const d = s.parts[c.part - 1]?.deliverNow
    const by = d?.by ? s.procs[d.by - 1] : null
    return by ? `sent by ${by.role} ${by.pid}` : did
  }
  return did
}

/** @param {string} k @param {ProcState} q @param {number} i @param {State} s @param {any} frame @param {boolean} large @returns {Row} */
function rowOf(k, q, i, s, frame, large) {
  const { header } = frame
  const c = q.call
  if (k === 'buf') {
    const giver = q.group === 'giver'
    const msg = giver ? c?.msg ?? 0 : q.lastMsg
    const by = s.procs[Math.floor(msg / 2 ** 40) - 1]
    if (!by || !c || (!giver && q.n.received === 0)) return { k, t: 'empty' }
    const bytes = giver ? c.want : Math.max(0, c.kind === Kind.RECV ? c.ret : 0)
    const torn = !giver && (c.flags & Flag.TORN) !== 0
    if (!giver && !bytes) return { k, t: 'empty' }
    return { k, hue: by.hue, frac: giver ? 1 : Math.min(1, bytes / Math.max(1, c.want)), t: `${messageName(msg, s)} ${formatBytes(bytes)}${giver ? (c.done && c.ret > 0 ? ', sent' : '') : torn ? ' ! torn' : ' ✓ checked'}` }
  }
  if (k === 'fd') return { k, v: q.fds.map(f => [`${f.fd} → ${f.how === 2 ? 'write end' : f.how === 1 ? 'read end' : 'both ends'}`, '']) }
  if (k === 'regs') {
    const r = q.reg
    const p = r ? s.parts[r.part - 1] : null
    const stale = r && r.from !== 'store' && p && p.value !== r.seen
    const [long, short] = !r ? ['nothing loaded yet', ''] : stale ? [`loaded ${r.seen}, which is old now`, 'old now'] : r.from === 'load' ? [p?.holds === 'updates' ? 'loaded, not added yet' : `loaded from ${p?.id}`, 'loaded'] :
      r.from === 'add' ? ['added, not stored yet', 'added'] : q.gate === 1 ? ['from its last round', 'stored'] : ['stored', 'stored']
    const t = large ? long : short
    return { k, val: r ? formatCount(r.value) : '–', hue: r ? q.hue : '', t, frac: stale ? 1 : 0 }
  }
  if (k === 'own') return ownRow(q, s, header)
  if (k === 'gates') {
    const now = s.now && s.now.proc === i + 1 && q.gate === 0 ? q.lastGate : 0
    const list = /** @type {string[]} */ (header.scene.procs[i]?.gates ?? [])
    return { k, v: list.map((g, n) => [g, q.st === 'held' && q.gate === n + 1 ? 'next' : now === n + 1 ? 'now' : n < q.round ? 'done' : 'todo']) }
  }
  if (k === 'big') return big(i, frame, large)
  return { k: 'text', t: lastText(q, s) }
}

/** What belongs to this process alone. @param {ProcState} q @param {State} s @param {any} header @returns {Row} */
function ownRow(q, s, header) {
  const n = header.scene.parts.findIndex((/** @type {any} */ p) => own(header.scene, p) && p.in === q.role)
  const p = s.parts[n]
  const row = { k: 'own', name: header.scene.parts[n]?.id ?? '' }
  if (!p || q.st === 'none' || q.exit) return { ...row, val: '–' }
  if (p.type === 'children') return { k: 'own', name: 'ended', val: p.kernel < 0 ? '–' : formatCount(p.kernel), hue: q.hue, t: p.kernel > 0 ? 'children, not waited for' : 'children' }
  if (p.type !== 'word') return { ...row, val: p.kernel < 0 ? '–' : formatBytes(p.kernel), hue: q.hue, t: 'nobody writes into it' }
  const r = q.reg
  const late = r !== null && r.part === n + 1 && r.from === 'load' && !r.value && p.value > 0
  const t = p.value === null ? '' : p.holds ? p.holds : late ? 'the test saw 0: old now' : p.value > 0 ? 'set by the handler' : 'not set'
  return { ...row, name: p.holds ? 'own' : row.name, val: p.value === null ? '–' : formatCount(p.value), hue: p.value === null ? '' : q.hue, t, frac: late ? 1 : 0 }
}

/** @param {ProcState} q @param {State} s */
function lastText(q, s) {
  if (q.handler) return `its handler ran ${formatCount(q.handler.runs)} times`.replace(/ 1 times/, ' once')
  if (q.group === 'giver') {
    const names = s.parts.flatMap(p => [...Object.values(p.std ?? {}), ...Object.values(p.rt ?? {})]).filter((/** @type {any} */ c) => c.sent)
    const rt = names.filter((/** @type {any} */ c) => c.signo >= 32).reduce((n, /** @type {any} */ c) => n + c.sent, 0)
    const std = names.filter((/** @type {any} */ c) => c.signo < 32).slice(0, 3).map((/** @type {any} */ c) => `${c.sent} × ${signalName(c.signo)}`)
    return [...std, ...(rt ? [`${rt} real-time`] : [])].join(', ')
  }
  const mask = q.masks.sigblk
  let n = 0
  for (let k = 1n; k <= 64n; k++) if ((mask >> (k - 1n)) & 1n) n++
  return q.masksAt > 0 && s.parts.some(p => p.type === 'signals') ? (n ? `${n} signals masked` : 'nothing masked') : ''
}

/** Rates at full speed, from the exact counters of a second. @param {number} i @param {any} frame @param {boolean} large @returns {Row} */
function big(i, frame, large) {
  const r = ratesOf(frame)
  const p = r?.procs[i]
  const gates = frame.header.scene.procs[i]?.gates ?? []
  const gate = gates[1] ? '' : gates[0]
  const op = p?.unit ?? (frame.state.updates ? 'update' : gate || 'message') + 's'
  if (!r || !p) return { k: 'big', val: '–', t: 'no second has passed yet' }
  const pieces = [p.bytes > 0 ? formatRate(p.bytes) : '', p.p50 > 0 ? `p50 ${formatSpan(p.p50)} inside ${gate || 'a call'}` : ''].filter(Boolean)
  return { k: 'big', val: `${p.rate >= 1e7 ? (p.rate / 1e6).toFixed(1) + ' million' : formatCount(p.rate)} ${op}/s`, t: large ? pieces.join(' · ') : pieces[0] ?? '' }
}

/**
 * At full speed the newest record is long past: what the samples of the last span say
 * of a process counts.
 * @param {any} frame @param {number} i @returns {ProcState|null}
 */
function full(frame, i) {
  const q = frame.state.procs[i]
  const p = frame.live && frame.state.mode === Mode.FULL && frame.aggregate?.procs[i]
  if (!p || q.exit || !q.pid || p.state === '\0') return null
  const st = p.state === 'T' ? 'stopped' : p.state === 'Z' ? 'zombie' : p.waits < 900 ? 'running' : p.wait === Wait.SLEEP ? 'held' : 'blocked'
  return { ...q, st, wait: p.wait, gate: st === 'held' ? -1 : q.gate } // it rests by its own pace
}

/**
 * What a card says.
 * @param {any} frame @param {number} i @param {CardBox} box @param {string[]} rows @returns {CardView}
 */
export function cardView(frame, i, box, rows) {
  const { header } = frame
  const s = /** @type {State} */ (frame.state)
  const q = /** @type {ProcState} */ (full(frame, i) ?? s.procs[i])
  const large = box.size === 'L'
  const dead = q.st === 'zombie' || q.st === 'gone' || q.st === 'none'
  const held = nextText(header, q, i, s)
  return {
    role: lettered(s) ? q.kind : q.role, pid: q.pid ? String(q.pid) : '', hue: q.hue, stripe: q.stripe, letter: lettered(s) || box.size === 'chip' ? q.letter : '', st: q.st, word: wordOf(q, frame),
    where: q.st === 'blocked' ? 'in ' + placeOf(q) : dead && q.exit ? '· ' + endText(q) : '',
    call: held || callLine(q, s, header, large), note: noteOf(q, s, frame, large),
    rows: rows.map(k => rowOf(k, q, i, s, frame, large)), next: q.st === 'held' && q.gate > 0 ? header.scene.procs[i]?.gates[q.gate - 1] ?? '' : '', dead: q.st === 'gone' || q.st === 'zombie',
    reg: !large && !rows.includes('regs') && q.reg && box.size !== 'chip' ? rowOf('regs', q, i, s, frame, false) : null, selected: frame.selected === i + 1,
  }
}

const HEAD = /** @type {Record<string, number>} */ ({ L: 40, M: 36, S: 32, chip: 27 })
const DASH = /** @type {Record<string, string>} */ ({ blocked: '7 5', stopped: '2 4', zombie: '1 6', gone: '1 9', none: '1 9' })

/** @param {Brush} g @param {CardView} c @param {CardBox} b @param {number} drop */
export function drawCard(g, c, b, drop) {
  const { w, h } = b
  const run = c.st === 'running'
  const ghost = c.dead || c.st === 'none'
  const colour = ghost ? v('edge') : v(c.hue)
  if (c.selected) g.box(-5, -5, w + 10, h + 10, { r: 15, s: v('ink'), sw: 2 })
  if (b.size === 'chip') return drawChip(g, c, b, colour)
  const hh = HEAD[b.size] ?? 36
  g.box(0, 0, w, h, { r: 12, f: c.st === 'zombie' ? v('sunken') : v('surface') })
  g.line(`M12 0H${w - 12}a12 12 0 0 1 12 12V${hh}H0V12A12 12 0 0 1 12 0z`, { f: run ? v(c.hue) : ghost ? v('line') : v(c.hue + '-soft') })
  if (c.stripe && !ghost) g.box(0, hh - 6, w, 6, { r: 0, f: `url(#st-stripe-${c.hue})` })
  if (c.st === 'stopped') g.box(2, hh, w - 4, h - hh - 8, { r: 0, f: 'url(#st-dots)' })
  g.box(0, 0, w, h, { r: 12, s: colour, sw: run ? 3 : 2.5, d: DASH[c.st] })
  const on = run ? v(c.hue + '-on') : ghost ? v('ink2') : v('ink')
  const by = (c.stripe ? hh - 6 : hh) / 2
  let x = 12
  if (c.letter) {
    const k = b.size === 'S' ? 20 : 23
    g.box(x - 2, by - k / 2, k, k, { r: 6, f: v('surface'), s: colour })
    g.say(x - 2 + k / 2, by + 5, c.letter, { sz: 14, w: 700, an: 'middle', f: v('ink') })
    x += k + 6
  }
  const rs = b.size === 'L' ? 17 : b.size === 'M' ? 16 : 14
  const pill = b.size === 'L' ? tw(c.word, 13, false, 600) + 44 : 34
  const end = b.size === 'L' ? w - pill - 16 : w - 36 // a pid is never cut: the role gives way
  const ps = b.size === 'L' ? 14 : b.size === 'M' ? 13.5 : 12.5
  const least = tw(c.pid, 12, true)
  const pw = Math.min(tw(c.pid, ps, true), Math.max(least, end - x - tw(c.role, rs, false, 700) - 7))
  x += g.say(x, by + 6, c.role, { sz: rs, w: 700, f: on, max: end - x - 7 - pw }) + 7
  g.say(x, by + 5.5, c.pid, { sz: ps, mono: true, f: run ? on : v('ink2'), max: pw + 0.5 })
  if (b.size === 'L') {
    g.box(w - pill - 10, by - 12, pill, 24, { r: 12, f: v('surface'), s: colour })
    g.icon(c.st, w - pill + 2, by - 6, v('ink'))
    g.say(w - pill + 21, by + 4.5, c.word, { sz: 13, w: 600 })
  } else {
    g.box(w - 33, by - 12, 24, 24, { r: 12, f: v('surface'), s: colour })
    g.icon(c.st, w - 26.7, by - 6, v('ink'))
  }
  let y = hh + 22
  const lx = b.size === 'L' ? 14 : 12
  if (b.size !== 'L') {
    g.say(12, y - 2, c.word + (c.where ? ' ' + c.where : ''), { sz: 13, w: 600, max: w - 24 })
    y += 19
  }
  const full = c.rows.some(r => r.k === 'big')
  if (!full && drop < DROPS.call) {
    const reg = c.reg ? Math.max(34, tw(c.reg.val ?? '', 13, true, 700) + 12) : 0
    if (c.call) g.say(lx, y, c.call, { sz: b.size === 'L' ? 14 : 13, mono: true, w: 700, max: w - 2 * lx - (reg && reg + 8) })
    if (c.reg) {
      g.box(w - lx - reg, y - 15, reg, 21, { f: v(c.hue + '-soft'), s: v(c.hue), sw: 2, d: c.reg.frac ? '4 3' : undefined })
      g.say(w - lx - reg / 2, y, c.reg.val ?? '', { sz: 13, mono: true, w: 700, an: 'middle' })
    }
    y += 19
  }
  if (!full && b.size !== 'S' && drop < DROPS.note) {
    if (c.note) g.say(lx, y - 1, c.note, { sz: 12.5, c: 't2', max: w - 2 * lx })
    y += 18
  }
  y -= 8
  for (const r of c.rows) if (shows(r.k, drop)) y += drawRow(g, r, c, b, lx, y)
}

/** @param {Brush} g @param {CardView} c @param {CardBox} b @param {string} colour */
function drawChip(g, c, b, colour) {
  const run = c.st === 'running'
  g.box(0, 0, b.w, b.h, { r: 8, f: run ? v(c.hue) : v('surface'), s: colour, sw: run ? 3 : 2, d: DASH[c.st] })
  const f = run ? v(c.hue + '-on') : v('ink')
  g.say(8, 18, c.letter, { sz: 13, w: 700, f })
  g.say(28, 18, c.pid, { sz: 12, mono: true, f, max: b.w - 50 })
  g.icon(c.st, b.w - 18, 8, f)
}

/** @param {Brush} g @param {Row} r @param {CardView} c @param {CardBox} b @param {number} lx @param {number} y @returns {number} its height */
function drawRow(g, r, c, b, lx, y) {
  const { w } = b
  const at = b.size === 'L' ? 46 : 42
  const vw = w - at - lx
  switch (r.k) {
    case 'buf':
      g.say(lx, y + 13.5, 'buf', { sz: 12, c: 't3' })
      g.box(at, y, vw, 18, { r: 4, f: v('sunken'), s: v('edge'), sw: 1 })
      if (r.hue) {
        const bar = Math.max(4, (vw - 2) * (r.frac ?? 1))
        g.box(at + 1, y + 1, bar, 16, { r: 3, f: v(r.hue) })
        const inside = tw(r.t ?? '', 12, true, 700) + 14 < bar
        g.say(inside ? at + 8 : at + bar + 6, y + 13.5, r.t ?? '', { sz: 12, w: 700, mono: true, f: inside ? v(r.hue + '-on') : v('ink'), max: inside ? vw - 12 : vw - bar - 8 })
      } else g.say(at + 8, y + 13.5, r.t ?? '', { sz: 12, c: 't3' })
      return 25
    case 'fd': {
      g.say(lx, y + 14, 'fd', { sz: 12, c: 't3' })
      const list = r.v ?? []
      const fw = list.length ? (vw + 5) / list.length - 5 : 0
      list.forEach(([t], k) => {
        g.box(at + k * (fw + 5), y, fw, 20, { r: 4, f: v(c.hue + '-soft'), s: v(c.hue) })
        g.say(at + k * (fw + 5) + fw / 2, y + 14.5, t, { sz: 12, mono: true, an: 'middle', max: fw - 8 })
      })
      if (!list.length) g.say(at, y + 14.5, c.dead ? 'closed' : '–', { sz: 12, c: 't3' })
      return 26
    }
    case 'own':
    case 'regs': {
      g.say(lx, y + 16, r.name ?? 'reg', { sz: 12, c: 't3' })
      const rw = b.size === 'L' ? 62 : 52
      const vx = Math.max(at, lx + tw(r.name ?? '', 12) + 8)
      g.box(vx, y, rw, 23, { f: r.hue ? v(r.hue + '-soft') : v('sunken'), s: r.hue ? v(r.hue) : v('edge'), sw: 2 })
      g.say(vx + rw / 2, y + 16.5, r.val ?? '', { sz: 15, mono: true, w: 700, an: 'middle', max: rw - 6 })
      g.say(vx + rw + 10, y + 16, r.t ?? '', { sz: 12.5, c: 't2', max: w - lx - vx - rw - 10 })
      return 30
    }
    case 'gates': {
      const list = r.v ?? []
      const all = w - 2 * lx
      const found = list.findIndex(([, st]) => st === 'next' || st === 'now')
      const here = found >= 0 ? found : Math.max(0, list.filter(([, st]) => st === 'done').length - 1)
      const tight = list.length > 5 // then only the present one has room for its name
      const thin = Math.min(26, (all - 92) / Math.max(1, list.length - 1))
      let gx = lx
      list.forEach(([t, st], k) => {
        const gw = !tight ? (all + 8) / list.length : k === here ? all - thin * (list.length - 1) + 6 : thin
        const W = gw - (tight ? 6 : 8)
        const tip = tight ? 6 : 8
        g.line(`M${gx} ${y}h${W - tip + 1}l${tip} 11.5l${-tip} 11.5h-${W - tip + 1}${k ? `l${tip - 1} -11.5` : ''}z`, { f: st === 'done' ? v(c.hue + '-soft') : st === 'now' ? v('now') : v('surface'), s: st === 'now' ? v('now-edge') : st === 'next' ? v('ink') : v('edge'), sw: st === 'now' || st === 'next' ? 2.2 : 1.2 })
        const hand = st === 'next' && W > 62
        if (hand) g.icon('held', gx + (k ? 12 : 7), y + 5, v('ink'))
        if (!tight || k === here) g.say(gx + W / 2 + (hand ? 11 : k ? 4 : 0), y + 16.5, t, { sz: 13, w: st === 'todo' ? 400 : 600, an: 'middle', f: st === 'now' ? v('now-ink') : st === 'todo' ? v('ink3') : v('ink'), max: W - 6 })
        gx += gw
      })
      return 30
    }
    case 'big':
      g.say(lx, y + 21, r.val ?? '', { sz: b.size === 'L' ? 24 : 17, w: 700, max: w - 2 * lx })
      g.say(lx, y + 42, r.t ?? '', { sz: 12.5, c: 't2', max: w - 2 * lx })
      return 50
  }
  if (r.t) g.say(lx, y + 13, r.t, { sz: 12.5, c: 't2', max: w - 2 * lx })
  return 20
}

