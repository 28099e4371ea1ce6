import { once } from 'node:events'
import { createServer } from 'node:http'
import { runCommandLine } from '../../cli/frame/index.ts'

export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly body: string
  readonly headers: Readonly<Record<string, unknown>>
}

/** A server that answers as a test says, and what was asked of it. An answer of null is a 204. */
export async function startAnswering(
  answer: (request: SeenRequest) => { status: number; json: unknown } | null,
) {
  const seen: SeenRequest[] = []
  const server = createServer((incoming, response) => {
    let body = ''
    incoming.on('data', (chunk: Buffer) => (body += chunk.toString()))
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming
      const request = { method, url, body, headers }
      seen.push(request)
      const given = answer(request)
      if (given === null) response.writeHead(204).end()
      else response.writeHead(given.status).end(JSON.stringify(given.json))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  return {
    seen,
    /** Runs a command of the command line against it. */
    async command(...words: string[]): Promise<{ code: number; out: string; error: string }> {
      const texts = { out: '', error: '' }
      const code = await runCommandLine([...words, '--url', url, '--token', 'any'], {
        out: (text) => (texts.out += text),
        error: (text) => (texts.error += text),
      })
      return { code, ...texts }
    },
    close(): void {
      server.closeAllConnections()
      server.close()
    },
  }
}
