'use strict'
// The secret of a one-time link stands behind "#", which no server sees.
if (location.hash.length > 1) {
  document.getElementById('link').value = location.hash.slice(1)
  history.replaceState(null, '', location.pathname)
}
