/** One way to ask the server: the token goes along, a refusal comes back with the server's own kind sentence. */
import { hear } from '@/platform/clock'
import { API } from '@/platform/where'
import { isInTheirName } from '@/rules/helping'

export class Refused extends Error {
  constructor(readonly status: number, readonly code: string, message: string, readonly field: string | null = null, readonly ref: string | null = null) {
    super(message)
  }
}

const AWAY = '这会儿没连上，您写的都存着。走到有信号的地方再试。'

/** Nobody answered: no signal, or the server is away. What was written is safe in the phone. */
export class NoSignal extends Error {
  constructor() {
    super(AWAY)
  }
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'
interface Wiring { token: () => string | null; lost: () => void; actsFor: () => string | null }

let wiring: Wiring = { token: () => null, lost: () => undefined, actsFor: () => null }

/** Who is asking, and what to do when the server no longer knows them. */
export function wire(to: Wiring): void {
  wiring = to
}

const PATIENCE = 20_000

/** Who asks for this, and for whom. */
export function headersFor(path: string): Record<string, string> {
  const [token, actsFor] = [wiring.token(), isInTheirName(path) ? wiring.actsFor() : null]
  return { ...(token ? { Authorization: `Bearer ${token}` } : {}), ...(actsFor ? { 'X-Acts-For': actsFor } : {}) }
}

export function call<T>(method: Method, path: string, body?: unknown): Promise<T> {
  const token = wiring.token()
  return new Promise((done, failed) => {
    uni.request({
      url: `${API}/${path}`,
      method,
      data: (method === 'GET' ? undefined : (body ?? {})) as string | undefined,
      timeout: PATIENCE,
      header: { ...(method === 'GET' ? {} : { 'Content-Type': 'application/json' }), ...headersFor(path) },
      success: (answer) => {
        hear(timeIn(answer.header as Record<string, string>))
        if (answer.statusCode >= 200 && answer.statusCode < 300) return done(answer.data as T)
        if (answer.statusCode === 401 && token && token === wiring.token()) wiring.lost()
        failed(refusal(answer.statusCode, answer.data))
      },
      fail: () => failed(new NoSignal()),
    })
  })
}

/** The server's time in milliseconds, when the answer tells it. */
function timeIn(headers: Record<string, string> | undefined): number | null {
  const told = headers?.['x-server-time'] ?? headers?.['X-Server-Time']
  return told ? Number(told) : null
}

function refusal(status: number, data: unknown): Refused | NoSignal {
  const told = (typeof data === 'object' && data !== null ? data : {}) as Record<string, string | null>
  if (!told.message) return new NoSignal()
  const ref = told.ref ?? null
  return new Refused(status, told.code ?? '', ref ? `${told.message}（编号 ${ref}）` : told.message, told.field ?? null, ref)
}

/** Whether it only was the signal: nothing is wrong, and nothing is lost. */
export function isAway(words: string): boolean {
  return words === AWAY
}

/** The sentence to show for whatever went wrong. */
export function sentenceOf(failure: unknown): string {
  return failure instanceof Refused || failure instanceof NoSignal ? failure.message : '这一步没办成，您写的都存着。请再点一次。'
}
