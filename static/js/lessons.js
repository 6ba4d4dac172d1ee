// @ts-check
// The list of lessons, with how far each is.

import { bindKeys } from '#ipclab/keys.js'
import { show } from '#ipclab/path.js'
import { keep } from '#ipclab/progress.js'

const { lessons } = JSON.parse(document.querySelector('#data')?.textContent ?? '{}')

bindKeys({})
show(lessons)
keep(() => show(lessons))
addEventListener('pageshow', () => show(lessons)) // back from a lesson
