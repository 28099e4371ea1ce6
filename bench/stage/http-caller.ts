import { Agent, request } from 'node:http'

export interface Call {
  readonly method: 'GET' | 'POST'
  /** Path and query. */
  readonly path: string
  readonly token?: string | undefined
  readonly body?: string
  readonly expectedStatus: number
}

/** Calls one server over kept connections, one for each caller at the same time. */
export class HttpCaller {
  readonly #agent: Agent
  readonly #url: URL

  constructor(url: string, connectionsMax: number) {
    this.#url = new URL(url)
    this.#agent = new Agent({ keepAlive: true, maxSockets: connectionsMax })
  }

  /** Reads the whole answer and returns its length in bytes. @throws Error for any status but the expected one */
  call({ method, path, token, body, expectedStatus }: Call): Promise<number> {
    const headers: Record<string, string> = {}
    if (token !== undefined) headers['authorization'] = `Bearer ${token}`
    if (body !== undefined) {
      headers['content-type'] = 'application/json'
      headers['content-length'] = String(Buffer.byteLength(body))
    }
    return new Promise((resolve, reject) => {
      const { hostname, port } = this.#url
      const sent = request({ hostname, port, method, path, headers, agent: this.#agent }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const answer = Buffer.concat(chunks)
          if (response.statusCode === expectedStatus) resolve(answer.length)
          else reject(unexpected(method, path, response.statusCode, answer))
        })
      })
      sent.on('error', reject)
      sent.end(body)
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}

const unexpected = (method: string, path: string, status: number | undefined, answer: Buffer): Error =>
  new Error(`${method} ${path} answered ${status ?? 'nothing'}: ${answer.toString().slice(0, 300)}`)
