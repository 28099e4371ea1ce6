/**
 * CORS as Core Tools answers it from `Host.CORS` of local.settings.json: any method, any header, no credentials.
 *
 * In Azure this belongs to the platform, never to the app. Source: azure-functions-core-tools, Startup.cs;
 * ASP.NET Core, CorsService.cs.
 */
import type { IncomingMessage } from 'node:http'

export interface CorsAnswer {
  /** The host answers a preflight itself (204); no function sees it. */
  readonly isPreflight: boolean
  /** Names and values in turn, for the response. */
  readonly headers: readonly string[]
}

export interface CorsPolicy {
  answer(request: IncomingMessage): CorsAnswer
}

/** @param origins allowed origins; '*' allows all. Empty: there is no policy, and OPTIONS goes to the functions. */
export function createCorsPolicy(origins: readonly string[]): CorsPolicy | undefined {
  const allowed = new Set(
    origins.map((origin) => origin.trim().replace(/\/$/, '').toLowerCase()).filter((origin) => origin !== ''),
  )
  if (allowed.size === 0) return undefined
  const allowsAny = allowed.has('*')

  function answer(request: IncomingMessage): CorsAnswer {
    const origin = request.headers.origin
    const wantedMethod = request.headers['access-control-request-method']
    const isPreflight = request.method === 'OPTIONS' && wantedMethod !== undefined
    if (origin === undefined || origin === '') return { isPreflight, headers: [] }
    if (!allowsAny && !allowed.has(origin.toLowerCase())) return { isPreflight, headers: [] }
    const headers = ['Access-Control-Allow-Origin', allowsAny ? '*' : origin]
    if (isPreflight) {
      const wantedHeaders = request.headers['access-control-request-headers']
      if (wantedHeaders !== undefined && wantedHeaders !== '')
        headers.push('Access-Control-Allow-Headers', wantedHeaders)
      headers.push('Access-Control-Allow-Methods', wantedMethod)
    }
    // With several allowed origins the answer depends on the request's origin, so a cache must keep them apart.
    if (!allowsAny && allowed.size > 1) headers.push('Vary', 'Origin')
    return { isPreflight, headers }
  }

  return { answer }
}
