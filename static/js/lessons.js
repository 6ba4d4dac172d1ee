// @ts-check
// The list of lessons, with how far each is.

import { bindKeys } from '#ipclab/keys.js'
import { keep, show } from '#ipclab/path.js'

const { lessons } = JSON.parse(document.querySelector('#data')?.textContent ?? '{}')

bindKeys({})
show(lessons)
keep(lessons)
addEventListener('pageshow', () => show(lessons)) // back from a lesson
