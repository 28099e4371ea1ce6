import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the stand-in does with one request. */
export interface Course {
  /** Answers before it is accepted, such as 409 or 403. */
  readonly refusals?: readonly number[]
  /** How often the operation is said to go on. */
  readonly polls?: number
  /** How it ends. */
  readonly outcome?: 'Succeeded' | 'Failed'
  /** By which header the operation is named. */
  readonly header?: 'azure-asyncoperation' | 'location'
  /** What happens on the server, before the operation has ended. */
  readonly effect?: () => Promise<void>
}

export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly version: string | null
  readonly authorization: string | undefined
  readonly body: unknown
}

/**
 * Azure Resource Manager, as far as the hooks ask it: restart and firewall rules of a flexible server, each 202 with an
 * operation that is asked until it has ended. What it did is in `requests`, in order.
 */
export async function startManagement() {
  const requests: SeenRequest[] = []
  const courses: Course[] = []
  const operations: { pollsLeft: number; outcome: string; byLocation: boolean }[] = []
  let current: Course | undefined
  let refusalsUsed = 0

  async function change(response: ServerResponse, base: string): Promise<void> {
    current ??= courses.shift() ?? {}
    const refusal = current.refusals?.[refusalsUsed]
    if (refusal !== undefined) {
      refusalsUsed += 1
      // Only who is told "busy" comes again for the same.
      if (refusal !== 409) {
        current = undefined
        refusalsUsed = 0
      }
      answer(response, refusal, {
        error: { code: 'ServerIsBusy', message: 'another operation is in progress' },
      })
      return
    }
    const { polls = 1, outcome = 'Succeeded', header = 'azure-asyncoperation', effect } = current
    current = undefined
    refusalsUsed = 0
    operations.push({ pollsLeft: polls, outcome, byLocation: header === 'location' })
    if (outcome === 'Succeeded') await effect?.()
    response.setHeader(header, `${base}/subscriptions/s/operations/${operations.length - 1}`)
    answer(response, 202)
  }

  function poll(id: number, response: ServerResponse): void {
    const operation = operations[id]
    if (operation === undefined) return answer(response, 404)
    operation.pollsLeft -= 1
    const hasEnded = operation.pollsLeft < 0
    if (operation.byLocation) return answer(response, hasEnded ? 200 : 202)
    const error =
      operation.outcome === 'Failed' ? { code: 'InternalServerError', message: 'it broke' } : undefined
    return answer(response, 200, {
      status: hasEnded ? operation.outcome : 'InProgress',
      ...(hasEnded && error ? { error } : {}),
    })
  }

  const server = createServer((request, response) => {
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const url = new URL(request.url ?? '/', base)
    const operation = /\/operations\/(\d+)$/.exec(url.pathname)
    if (operation !== null) return poll(Number(operation[1]), response)
    void bodyOf(request).then((body) => {
      requests.push({
        method: request.method ?? '',
        path: url.pathname,
        version: url.searchParams.get('api-version'),
        authorization: request.headers.authorization,
        body,
      })
      return change(response, base)
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    /** Says what happens with the next requests; one that nothing was said for succeeds. */
    plan: (...next: Course[]) => courses.push(...next),
    async close() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
    },
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text === '' ? undefined : JSON.parse(text)
}

function answer(response: ServerResponse, status: number, body?: object): void {
  response.statusCode = status
  // Nobody waits in a test.
  response.setHeader('retry-after', '0')
  response.end(body === undefined ? undefined : JSON.stringify(body))
}
