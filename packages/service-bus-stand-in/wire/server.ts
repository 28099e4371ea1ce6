import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import rhea from 'rhea'
import type { Container } from 'rhea'
import { CONNECTIONS_MAX } from '../limits.ts'
import { ClientConnection } from './client-connection.ts'
import type { WireContext } from './context.ts'
import { corkEachTurn } from './corked-socket.ts'

export interface RunningWire {
  readonly port: number
  close(): Promise<void>
}

/** How long clients get to read that the broker stops. */
const CLOSE_MAX_MS = 500

/** Listens on 127.0.0.1. @param port 0 picks a free one. @throws the system's error when the port is taken */
export async function listen(port: number, context: WireContext): Promise<RunningWire> {
  const container = brokerContainer()
  const connections = new Set<ClientConnection>()
  const sockets = new Set<{ destroy(): void }>()
  const server = createServer({ noDelay: true })
  server.maxConnections = CONNECTIONS_MAX
  server.on('connection', (socket) => {
    corkEachTurn(socket)
    sockets.add(socket)
    // The end of a connection is not an error of the broker.
    socket.on('error', () => undefined)
    const connection = new ClientConnection(container, socket, context)
    connections.add(connection)
    socket.on('close', () => {
      sockets.delete(socket)
      connections.delete(connection)
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const connection of connections) connection.close()
      const late = setTimeout(() => {
        for (const socket of sockets) socket.destroy()
      }, CLOSE_MAX_MS)
      await closed
      clearTimeout(late)
    },
  }
}

/** The mechanism by which the SDK of .NET says that it will show a token later. It means the same as ANONYMOUS. */
const TOKEN_LATER = 'MSSBCBS'

function brokerContainer(): Container {
  const container = rhea.create_container({
    autoaccept: false,
    credit_window: 0,
    treat_modified_as_released: false,
  })
  const mechanisms = container.sasl_server_mechanisms as Record<string, unknown> & {
    enable_anonymous(): void
    enable_plain(check: () => boolean): void
  }
  // Who a client is, it shows by a token on $cbs: before that no mechanism opens anything.
  mechanisms.enable_anonymous()
  mechanisms.enable_plain(() => true)
  mechanisms[TOKEN_LATER] = mechanisms['ANONYMOUS']
  return container
}
