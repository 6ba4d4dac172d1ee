// @ts-check
// The line to the server: requests, and the socket on which a run comes down.

import { readFrames } from '#ipclab/frames.js'

/**
 * @typedef {object} Answer
 * @property {boolean} ok
 * @property {number} status 0: no answer
 * @property {any} data
 */

/**
 * @param {string} path @param {RequestInit} [init] @param {number} [patience] ms
 * @returns {Promise<Answer>}
 */
async function ask(path, init = {}, patience = 10000) {
  const stop = new AbortController()
  const timer = setTimeout(() => stop.abort(), patience)
  try {
    const r = await fetch(path, { ...init, signal: stop.signal })
    const json = r.headers.get('Content-Type')?.startsWith('application/json')
    const data = json ? await r.json() : r.status === 204 ? null : await r.arrayBuffer()
    return { ok: r.ok, status: r.status, data }
  } catch {
    return { ok: false, status: 0, data: null }
  } finally {
    clearTimeout(timer)
  }
}

/** @param {string} path @param {number} [patience] */
export const get = (path, patience) => ask(path, {}, patience)

/** @param {string} path @param {unknown} body text is sent as such, all else as JSON */
export function post(path, body) {
  const text = typeof body === 'string'
  const type = text ? 'text/plain' : 'application/json'
  return ask(path, { method: 'POST', headers: { 'Content-Type': type }, body: text ? body : JSON.stringify(body) })
}

const credits = 64 // frames that may be under way
const quiet = 4000 // ms of silence after which the server is asked whether it is there
const retry = 2000 // ms
const patient = 8000 // ms: on a crowded machine an answer takes its time; a server that is gone refuses at once

/**
 * A run as it comes in. Callbacks: scene(header, fresh), viewers(n), verdict(v), report(r),
 * events(list, dropped), aggregate(a), end(outcome), gone(seconds), back(), stale(),
 * over(why).
 */
export class Live {
  /** @type {WebSocket|null} */
  #socket = null
  #open = false // credits may be sent
  #used = 0 // frames taken since credits were sent last
  #heard = 0 // when the server was heard last
  #gone = 0 // since when it has not answered, 0 if it does
  #epoch = 0
  #from = 0 // the newest record that was received
  /** @type {any} */
  #timer
  #closed = false

  /** @param {string} id @param {Record<string, Function>} on */
  constructor(id, on) {
    this.id = id
    this.on = on
    document.addEventListener('visibilitychange', this.#seen)
    this.#timer = setInterval(() => this.#watch(), 1000)
    this.#connect()
  }

  close() {
    this.#closed = true
    clearInterval(this.#timer)
    document.removeEventListener('visibilitychange', this.#seen)
    this.#socket?.close()
  }

  #connect() {
    const at = new URL(`/runs/${encodeURIComponent(this.id)}/live`, location.href)
    at.protocol = at.protocol === 'https:' ? 'wss:' : 'ws:'
    if (this.#epoch) at.search = `?from=${this.#from + 1}&epoch=${this.#epoch}`
    const socket = new WebSocket(at)
    socket.binaryType = 'arraybuffer'
    this.#socket = socket
    this.#open = false
    socket.onopen = () => {
      this.#heard = performance.now()
      this.#open = true
      this.#used = credits
      if (!document.hidden) this.#grant()
    }
    socket.onmessage = e => {
      if (this.#closed || socket !== this.#socket) return
      this.#heard = performance.now()
      if (this.#gone) {
        this.#gone = 0
        this.on.back?.()
      }
      if (typeof e.data === 'string') this.#text(JSON.parse(e.data))
      else this.#binary(e.data)
    }
    socket.onclose = () => {
      if (this.#closed || socket !== this.#socket) return
      this.#socket = null
      this.#lost()
    }
  }

  /** @param {any} m */
  #text(m) {
    if (m.type === 'scene') {
      if (m.epoch !== this.#epoch) this.#from = 0
      const fresh = m.epoch !== this.#epoch
      this.#epoch = m.epoch
      this.on.scene?.(m, fresh)
      this.on.viewers?.(m.viewers)
    } else if (m.type === 'viewers') this.on.viewers?.(m.viewers)
    else if (m.type === 'verdict') this.on.verdict?.(m)
    else if (m.type === 'report') this.on.report?.(m)
    else if (m.type === 'end') this.on.end?.(m.outcome)
    else if (m.type === 'refused') this.#over(m.error)
  }

  /** @param {ArrayBuffer} buffer */
  #binary(buffer) {
    for (const f of readFrames(buffer)) {
      if (f.epoch !== this.#epoch) continue
      if (f.aggregate) this.on.aggregate?.(f.aggregate, f.dropped)
      else {
        const fresh = f.events.filter((/** @type {any} */ e) => e.seq > this.#from)
        if (fresh.length) this.#from = fresh[fresh.length - 1].seq
        this.on.events?.(fresh, f.dropped)
      }
    }
    if (++this.#used >= credits / 2 && !document.hidden) this.#grant()
  }

  #grant() {
    if (!this.#open || this.#socket?.readyState !== WebSocket.OPEN || !this.#used) return
    this.#socket.send(JSON.stringify({ credit: this.#used }))
    this.#used = 0
  }

  /** A hidden page takes nothing; a page that is seen again catches up. */
  #seen = () => {
    if (!document.hidden) this.#grant()
  }

  /** @param {string} why */
  #over(why) {
    this.close()
    this.on.over?.(why)
  }

  #lost() {
    if (!this.#gone) this.#gone = performance.now()
    this.on.gone?.(Math.round((performance.now() - this.#gone) / 1000))
    setTimeout(() => this.#return(), retry)
  }

  /** Is the server there again, and does it know the run? */
  async #return() {
    if (this.#closed || this.#socket) return
    const { status, data } = await get('/runs', patient)
    if (this.#closed || this.#socket) return
    if (status === 0 || status >= 500) return this.#lost()
    if (status !== 200) {
      this.on.stale?.()
      return void setTimeout(() => this.#return(), retry)
    }
    if (!data.some((/** @type {any} */ r) => r.id === this.id)) return this.#over('')
    this.#connect()
  }

  /** A stopped server closes nothing: silence is answered with a question. */
  async #watch() {
    if (document.hidden || !this.#socket || performance.now() - this.#heard < quiet) return
    const asked = (this.#heard = performance.now())
    const { status } = await get('/runs', patient)
    if (status || this.#closed || asked !== this.#heard) return
    const socket = this.#socket
    this.#socket = null
    socket?.close()
    this.#gone ||= performance.now() - 2 * quiet
    this.#lost()
  }
}
