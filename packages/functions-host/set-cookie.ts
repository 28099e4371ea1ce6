/** Set-Cookie lines of the buffered mode, as ASP.NET Core writes a worker's cookies (SetCookieHeaderValue.cs). */
import type { CoreHttpCookie } from './core-api.ts'

/** The worker's 'none' means that SameSite is not set; 'explicitNone' is SameSite=None. */
const sameSiteText = { none: undefined, lax: 'lax', strict: 'strict', explicitNone: 'none' } as const

export function formatSetCookie(cookie: CoreHttpCookie): string {
  const expiresSeconds = cookie.expires?.value?.seconds
  const sameSite = sameSiteText[cookie.sameSite ?? 'none']
  const parts = [`${encodeURIComponent(cookie.name)}=${encodeURIComponent(cookie.value)}`]
  if (expiresSeconds !== undefined) parts.push(`expires=${new Date(expiresSeconds * 1_000).toUTCString()}`)
  if (cookie.maxAge?.value !== undefined) parts.push(`max-age=${Math.trunc(cookie.maxAge.value)}`)
  if (cookie.domain?.value !== undefined) parts.push(`domain=${cookie.domain.value}`)
  // Without a path the platform writes the root, not the directory of the request.
  parts.push(`path=${cookie.path?.value ?? '/'}`)
  if (cookie.secure?.value === true) parts.push('secure')
  if (sameSite !== undefined) parts.push(`samesite=${sameSite}`)
  if (cookie.httpOnly?.value === true) parts.push('httponly')
  return parts.join('; ')
}
