/** A step has found a fault. Only the message is printed. */
export class SmokeFailure extends Error {}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

export interface Call {
  readonly method?: 'GET' | 'POST'
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Longer than a cold start in a private network, shorter than the platform's own limit of 230 s. */
const CALL_TIMEOUT_MS = 60_000

/**
 * Sends one request.
 * @throws SmokeFailure when nothing answers
 */
export async function send(url: string, path: string, call: Call = {}): Promise<Answer> {
  const { method = 'GET', token, headers = {}, body } = call
  try {
    const response = await fetch(url + path, {
      method,
      headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
      ...(body === undefined ? {} : { body }),
    })
    return { status: response.status, headers: response.headers, text: await response.text() }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
    throw new SmokeFailure(`nothing answers at ${url}${path}: ${cause}`, { cause: error })
  }
}

/** @throws SmokeFailure with the beginning of the answer, if it has another status */
export function expectStatus(answer: Answer, status: number, what: string): void {
  if (answer.status !== status)
    throw new SmokeFailure(`${what}: ${status} is wanted, got ${answer.status}: ${answer.text.slice(0, 300)}`)
}

/** @throws SmokeFailure if the answer is not a JSON object */
export function jsonOf(answer: Answer, what: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(answer.text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Reported below, with the text itself.
  }
  throw new SmokeFailure(`${what}: this is no JSON object: ${answer.text.slice(0, 300)}`)
}
