import type { ClientConfig } from 'pg'
import { isThisMachine } from '../address/index.ts'

/** Scope of an Entra ID token for Azure Database for PostgreSQL, the same for every server. */
export const ENTRA_SCOPE = 'https://ossrdbms-aad.database.windows.net/.default'

/**
 * The parts of a url that the driver needs, without the password. The driver must not get the url itself: it would use
 * the url's empty password and ignore the callback that gives one. The server's certificate is verified, since TLS that
 * accepts any certificate protects nothing. Exception: a loopback address without `sslmode=verify-full` has no TLS.
 * @param url postgres://role[:password]@host[:port]/database
 */
export function addressOf(
  url: string,
): Required<Pick<ClientConfig, 'host' | 'port' | 'user' | 'database' | 'ssl'>> {
  const { username, hostname, port, pathname, searchParams } = new URL(url)
  // An IPv6 address has brackets in a url. A socket does not accept them.
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
