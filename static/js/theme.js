// @ts-check
// Runs before the page is painted, so that no light page flashes in a dark room:
// a plain script, the only one that is not a module.
{
  const asked = new URLSearchParams(location.search)
  const root = document.documentElement
  /** @param {string} key */
  const kept = key => {
    try { return localStorage.getItem(key) } catch { return null } // storage may be forbidden
  }
  const dark = matchMedia('(prefers-color-scheme: dark)').matches
  root.dataset.theme = (asked.get('theme') ?? kept('ipclab.theme') ?? (dark ? 'dark' : 'light')) === 'dark' ? 'dark' : 'light'
  if (asked.get('view') === 'present') root.dataset.view = 'present'
  if (asked.get('dir') === 'rtl') root.dir = 'rtl'
  if (asked.has('token')) { // the cookie has it now; it belongs in no history
    const url = new URL(location.href)
    url.searchParams.delete('token')
    history.replaceState(null, '', url)
  }
}
