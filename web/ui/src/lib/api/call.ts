// How the screen asks the server, and what every answer may be.

export interface Text { es: string; en: string }

export interface Position { lat: number; lon: number }

/** What is wrong with one part of what was sent. */
export interface Wrong { location: string; message: string; value?: unknown }

/** What the server answers when it refuses (RFC 9457). `detail` says what to do next. */
export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly errors: Wrong[]
  constructor(status: number, code: string, detail: string, errors: Wrong[] = []) {
    super(detail)
    this.status = status
    this.code = code
    this.errors = errors
  }
}

/** What every answer of the server says of itself: it serves an exercise. */
export const server = { exercise: null as boolean | null }

interface Waits { waits?: unknown }

/** Who asks for something here looks whether it waits for a second person. */
const mayWait = /^\/api\/(people|areas|rules)\b/

/** Asks the server. A body is sent as JSON, a file as it is. */
async function ask(method: string, path: string, body?: unknown, key?: string): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  const file = body instanceof Blob
  if (body !== undefined) headers['Content-Type'] = file ? body.type || 'application/octet-stream' : 'application/json'
  if (key) headers['Idempotency-Key'] = key
  let response: Response
  try {
    response = await fetch(path, {
      method, headers, credentials: 'same-origin', ...(body === undefined ? {} : { body: file ? body : JSON.stringify(body) }),
    })
  } catch {
    throw new Problem(0, 'unreachable', '')
  }
  server.exercise = response.headers.get('Atalaya-Exercise') === 'true'
  if (!response.ok) {
    const p = (await response.json().catch(() => null)) as { code?: string; detail?: string; errors?: Wrong[] } | null
    throw new Problem(response.status, p?.code ?? 'unknown', p?.detail ?? '', p?.errors)
  }
  return response
}

export async function call<T>(method: string, path: string, body?: unknown, key?: string): Promise<T> {
  const response = await ask(method, path, body, key)
  if (response.status === 204) return undefined as T
  const text = await response.text()
  const answer = (text ? JSON.parse(text) : undefined) as T & Waits
  // Asked for, and not done: who wanted it done is told so.
  if (response.status === 202 && answer.waits && !mayWait.test(path)) throw new Problem(202, 'asked-second-person', '')
  return answer
}

/** A file that the server gives for a wish, with its name. */
export async function callFile(method: string, path: string, body: unknown, key: string): Promise<{ name: string; content: Blob }> {
  const response = await ask(method, path, body, key)
  const name = /filename="([^"]+)"/.exec(response.headers.get('Content-Disposition') ?? '')?.[1] ?? 'atalaya'
  return { name, content: await response.blob() }
}

/** A name for one wish, so that a retry does not do it twice. */
export function requestKey(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID()
  const bytes = crypto.getRandomValues(new Uint8Array(16)) // no secure context: http from another host
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')
}

/** What became of a wish. */
export type Made<N extends string, T> = { [K in N]: T } & { repeated: boolean }

export interface PapersQuery { open?: boolean; from?: string; to?: string; before?: number; limit?: number }

export function query(q: object): string {
  return new URLSearchParams(Object.entries(q).flatMap(([k, v]) => (v === undefined || v === '' ? [] : [[k, String(v)]]))).toString()
}

/** The address of one record, or of what is done with it. */
export function paper(list: string, id: string, verb = ''): string {
  return `/api/${list}/${encodeURIComponent(id)}${verb && `/${verb}`}`
}

/** A time of the API in ms since 1970, or null where there is none. */
export function timeOf(s: string | undefined): number | null {
  if (!s) return null
  const t = Date.parse(s)
  return Number.isNaN(t) || t < 0 ? null : t
}
