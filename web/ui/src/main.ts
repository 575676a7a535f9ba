// The worker starts first, then the page is loaded: it is much larger.

import { prepare } from './lib/worker'

prepare()
void import('./page')
