import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
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
 * Azure Resource Manager, as far as the hooks ask it: restart, parameters and firewall rules of a flexible server, each 202 with an
 * operation that is asked until it has ended. What it did is in `requests`, in order.
 */
export async function startManagement() {
  const requests: SeenRequest[] = []
  const operations = new Operations()
  /** Server parameters, by `server/name`. */
  const parameters = new Map<string, string>()
  const server = createServer((request, response) => {
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const url = new URL(request.url ?? '/', base)
    const operation = /\/operations\/(\d+)$/.exec(url.pathname)
    if (operation !== null) return operations.poll(Number(operation[1]), response)
    const [, place = '', name = ''] =
      /flexibleServers\/([^/]+)\/configurations\/([^/]+)$/.exec(url.pathname) ?? []
    const parameter = `${place}/${name}`
    if (request.method === 'GET' && name !== '') {
      const value = parameters.get(parameter)
      return answer(response, value === undefined ? 404 : 200, { properties: { value } })
    }
    void bodyOf(request).then((body) => {
      if (name !== '') parameters.set(parameter, (body as { properties: { value: string } }).properties.value)
      requests.push({
        method: request.method ?? '',
        path: url.pathname,
        version: url.searchParams.get('api-version'),
        authorization: request.headers.authorization,
        body,
      })
      return operations.change(response, base)
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    parameters,
    /** Says what happens with the next requests; one that nothing was said for succeeds. */
    plan: (...next: Course[]) => operations.plan(...next),
    async close() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
    },
  }
}

/** What was begun, and how each of it goes on. */
class Operations {
  readonly #courses: Course[] = []
  readonly #begun: { pollsLeft: number; outcome: string; byLocation: boolean }[] = []
  #current: Course | undefined
  #refusalsUsed = 0

  plan(...next: Course[]): void {
    this.#courses.push(...next)
  }

  async change(response: ServerResponse, base: string): Promise<void> {
    this.#current ??= this.#courses.shift() ?? {}
    const refusal = this.#current.refusals?.[this.#refusalsUsed]
    if (refusal !== undefined) {
      this.#refusalsUsed += 1
      // Only a caller that is told "busy" comes again for the same.
      if (refusal !== 409) this.#forget()
      answer(response, refusal, {
        error: { code: 'ServerIsBusy', message: 'another operation is in progress' },
      })
      return
    }
    const { polls = 1, outcome = 'Succeeded', header = 'azure-asyncoperation', effect } = this.#current
    this.#forget()
    this.#begun.push({ pollsLeft: polls, outcome, byLocation: header === 'location' })
    if (outcome === 'Succeeded') await effect?.()
    response.setHeader(header, `${base}/subscriptions/s/operations/${this.#begun.length - 1}`)
    answer(response, 202)
  }

  poll(id: number, response: ServerResponse): void {
    const operation = this.#begun[id]
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

  #forget(): void {
    this.#current = undefined
    this.#refusalsUsed = 0
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
