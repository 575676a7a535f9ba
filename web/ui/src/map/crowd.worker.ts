// Draws the crowd beside the page (lib/crowd.ts): an image for each that is asked for.

import { Painter, type CrowdView } from '../lib/crowd'

export type ToPainter = { type: 'dots'; dots: ArrayBuffer } | { type: 'paint'; view: CrowdView; image: ArrayBuffer }
export interface FromPainter { image: ArrayBuffer }

const port = self as unknown as {
  postMessage(m: FromPainter, transfer: Transferable[]): void
  onmessage: ((e: MessageEvent<ToPainter>) => void) | null
}

const painter = new Painter()
port.onmessage = ({ data }) => {
  if (data.type === 'dots') return painter.show(data.dots)
  painter.paint(data.view, new Uint32Array(data.image))
  port.postMessage({ image: data.image }, [data.image])
}
