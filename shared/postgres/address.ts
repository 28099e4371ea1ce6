import type { ClientConfig } from 'pg'
import { isThisMachine } from '../address/index.ts'

/** Scope of an Entra ID token for Azure Database for PostgreSQL, the same for every server. */
export const ENTRA_SCOPE = 'https://ossrdbms-aad.database.windows.net/.default'

/**
 * Where a url leads and as whom, without its password: the driver lets a url's empty password win over a callback, so
 * urls are taken apart. The server's certificate is verified (TLS that accepts anybody protects from nobody), but for a
 * loopback address without `sslmode=verify-full`, where there is none.
 * @param url postgres://role[:password]@host[:port]/database
 */
export function addressOf(
  url: string,
): Required<Pick<ClientConfig, 'host' | 'port' | 'user' | 'database' | 'ssl'>> {
  const { username, hostname, port, pathname, searchParams } = new URL(url)
  // The brackets of an IPv6 address belong to the url; a socket does not know them.
  const host = hostname.replace(/^\[|\]$/g, '')
  return {
    host,
    port: port === '' ? 5432 : Number(port),
    user: decodeURIComponent(username),
    database: decodeURIComponent(pathname.slice(1)),
    ssl:
      isThisMachine(host) && searchParams.get('sslmode') !== 'verify-full'
        ? false
        : { rejectUnauthorized: true },
  }
}
