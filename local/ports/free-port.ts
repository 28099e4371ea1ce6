import { createServer } from 'node:net'
import { systemCode } from '../failure/index.ts'

/** A port of 127.0.0.1 that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  return await listenBriefly(0)
}

function listenBriefly(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address()
      const bound = typeof address === 'object' && address !== null ? address.port : port
      server.close(() => {
        resolve(bound)
      })
    })
  })
}

/**
 * Whether a server could listen on this port of 127.0.0.1.
 * @throws the system's error when it is refused for another reason than being in use (ports below 1024: EACCES)
 */
export async function isPortFree(port: number): Promise<boolean> {
  try {
    await listenBriefly(port)
    return true
  } catch (error) {
    if (systemCode(error) === 'EADDRINUSE') return false
    throw error
  }
}
