// The one place where frames are received and decoded: connection, picture
// and list live here (client.ts), and the page gets flat arrays.

import { Client } from './client'
import { localNow } from './clock'
import type { Socket } from './connection'
import type { FromWorker, ToWorker } from './messages'

const port = self as unknown as {
  postMessage(m: FromWorker, transfer?: Transferable[]): void
  onmessage: ((e: MessageEvent<ToWorker>) => void) | null
}

const client = new Client(
  {
    open: (url) => new WebSocket(url) as unknown as Socket,
    sessionOver: async () => (await fetch('/api/session')).status === 401,
    now: localNow,
    later: (ms, call) => {
      const timer = setTimeout(call, ms)
      return () => clearTimeout(timer)
    },
    random: Math.random,
  },
  (m, transfer) => port.postMessage(m, transfer),
)
port.onmessage = ({ data }) => client.take(data)
