/**
 * Who may call a server of the local run. It listens on 127.0.0.1, and that alone keeps nobody out who is on this machine:
 * a page in the developer's browser can send requests there, and by a name of its own that it lets point to 127.0.0.1
 * (DNS rebinding) it can read the answers, too; so can any program of another account.
 *
 * Invariants: a request is served only under a name of this machine and never for a page; what can be driven or read
 * needs the secret of the run besides. Every refusal says what was wrong.
 * It must not know what a server does, and must not log what a caller presented.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** The name that goes with the secret where a client wants a name and a password. */
export const SECRET_NAME = 'trickle'

/** Names that no page can let point elsewhere. A port may follow. */
const OWN_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/iu

/** A secret for one run: 192 bits, in characters that need no escaping in a url. */
export function newSecret(): string {
  return randomBytes(24).toString('base64url')
}

/**
 * Why a request is refused before anything of it is looked at; undefined when it may pass.
 * @param moreHosts names without port by which a proxy of the run is called
 */
export function refusalOf(request: IncomingMessage, moreHosts: readonly string[] = []): string | undefined {
  const { host, origin } = request.headers
  const name = host?.replace(/:\d{1,5}$/u, '').toLowerCase()
  if (host === undefined || name === undefined || !(OWN_HOST.test(host) || moreHosts.includes(name)))
    return 'This server belongs to a local run and is called by 127.0.0.1 or localhost only.'
  const site = request.headers['sec-fetch-site']
  // "none" is an address that a person typed; everything else is a page.
  if (origin !== undefined || (site !== undefined && site !== 'none'))
    return 'This server belongs to a local run and answers no web page.'
  return undefined
}

/** What a request presents as the secret: a bearer token, or the password of a url. */
export function presentedSecret(request: IncomingMessage): string | undefined {
  const [scheme = '', value = ''] = (request.headers.authorization ?? '').split(' ')
  if (scheme.toLowerCase() === 'bearer') return value
  if (scheme.toLowerCase() !== 'basic') return undefined
  const pair = Buffer.from(value, 'base64').toString('utf8')
  return pair.startsWith(`${SECRET_NAME}:`) ? pair.slice(SECRET_NAME.length + 1) : undefined
}

/** Compares without telling by its duration how much of it was right. */
export function isSecret(presented: string | undefined, secret: string): boolean {
  const given = Buffer.from(presented ?? '')
  const wanted = Buffer.from(secret)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

/** A url with the secret in it, such as clients accept that know of no other way. */
export function urlWithSecret(origin: string, secret: string): string {
  return origin.replace('://', `://${SECRET_NAME}:${secret}@`)
}

/** The address alone, to be shown or logged. */
export function withoutSecret(url: string): string {
  return new URL(url).origin
}
