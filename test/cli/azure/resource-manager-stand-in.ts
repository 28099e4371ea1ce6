import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly authorization: string | undefined
}

/** What is answered to a path: a body with 200, or a status with a body. */
export type Answers = Record<string, { readonly status?: number; readonly body: unknown }>

/**
 * Servers as far as `trickle azure evidence` asks them, on one address: Azure Resource Manager, Entra ID and the app. A
 * path that nothing was said for is refused with 404, as Azure does it.
 */
export async function startStandIn(answers: Answers) {
  const seen: SeenRequest[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://stand-in')
    seen.push({
      method: request.method ?? '',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      authorization: request.headers.authorization,
    })
    request.resume().on('end', () => {
      const { status = 200, body } = answers[url.pathname] ?? {
        status: 404,
        body: {
          error: { code: 'ResourceNotFound', message: 'SharedAccessKey=cGFzc3dvcmQtaW4tYS1tZXNzYWdl' },
        },
      }
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export type StandIn = Awaited<ReturnType<typeof startStandIn>>
