// @ts-check
// A page that says why there is no other has no panels, but a theme and keys.

import { bindHeader, bindKeys } from '#ipclab/keys.js'

bindHeader()
bindKeys({})
