import type { PoolConfig } from 'pg'
import { addressOf } from './address.ts'
import type { DatabaseOptions } from './connections.ts'

/** The address and the password of a login: the url's password, or a token of the identity for each new connection. */
export function loginOf({ url, clientId }: Pick<DatabaseOptions, 'url' | 'clientId'>): {
  config: PoolConfig
  drop: () => void
} {
  const { password } = new URL(url)
  const config: PoolConfig = addressOf(url)
  if (password !== '')
    return { config: { ...config, password: decodeURIComponent(password) }, drop: () => {} }
  let source: { password: () => Promise<string>; drop: () => void } | undefined
  return {
    config: {
      ...config,
      password: async () => {
        source ??= (await import('./entra.chunk.ts')).createTokenSource(clientId)
        return source.password()
      },
    },
    drop: () => source?.drop(),
  }
}
