/**
 * Decides who may call a server of the local run. Listening on 127.0.0.1 is not enough. A page in the developer's
 * browser can send requests there. With a host name of its own that points to 127.0.0.1 (DNS rebinding), the page can
 * also read the answers. Programs of other accounts on this machine can do both.
 *
 * Invariants: a request is served only under a name of this machine and never for a page; a request that can change or
 * read anything also needs the secret of the run. Every refusal says what was wrong.
 * It must not know what a server does, and must not log what a caller presented.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** The user name for clients that need a name and a password; the password is the secret. */
export const SECRET_NAME = 'trickle'

/** Host names that no page can point to another address. A port may follow. */
const OWN_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/iu

/** A secret for one run: 192 bits, in characters that need no escaping in a url. */
export function newSecret(): string {
  return randomBytes(24).toString('base64url')
}

/**
 * Why a request is refused, judged by its headers alone; undefined when it may pass.
 * @param moreHosts host names (without port) of a proxy of the run
 */
export function refusalOf(request: IncomingMessage, moreHosts: readonly string[] = []): string | undefined {
  const { host, origin } = request.headers
  const name = host?.replace(/:\d{1,5}$/u, '').toLowerCase()
  if (host === undefined || name === undefined || !(OWN_HOST.test(host) || moreHosts.includes(name)))
    return 'This server belongs to a local run and is called by 127.0.0.1 or localhost only.'
  const site = request.headers['sec-fetch-site']
  // "none": a person typed the address. Every other value comes from a page.
  if (origin !== undefined || (site !== undefined && site !== 'none'))
    return 'This server belongs to a local run and answers no web page.'
  return undefined
}

/** The secret that a request presents: a bearer token, or the password of a url. */
export function presentedSecret(request: IncomingMessage): string | undefined {
  const [scheme = '', value = ''] = (request.headers.authorization ?? '').split(' ')
  if (scheme.toLowerCase() === 'bearer') return value
  if (scheme.toLowerCase() !== 'basic') return undefined
  const pair = Buffer.from(value, 'base64').toString('utf8')
  return pair.startsWith(`${SECRET_NAME}:`) ? pair.slice(SECRET_NAME.length + 1) : undefined
}

/** Compares in constant time. Otherwise the duration would tell a caller how much of the secret was right. */
export function isSecret(presented: string | undefined, secret: string): boolean {
  const given = Buffer.from(presented ?? '')
  const wanted = Buffer.from(secret)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

/** A url with the secret in it, for clients that accept the secret in no other way. */
export function urlWithSecret(origin: string, secret: string): string {
  return origin.replace('://', `://${SECRET_NAME}:${secret}@`)
}

/** The address without the secret, for showing and for logs. */
export function withoutSecret(url: string): string {
  return new URL(url).origin
}
