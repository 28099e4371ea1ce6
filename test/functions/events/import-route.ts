import { serveEventRoutes } from './served-routes.ts'
import type { ServedRoutes } from './served-routes.ts'

export interface Outcome {
  readonly line: number
  readonly outcome: string
  readonly code?: string
  readonly detail?: string
}

/** The routes of events, called with tokens of tenants: what was imported, and what is exported again. */
export interface ImportRoute {
  readonly served: ServedRoutes
  readonly send: (
    path: string,
    token: string,
    init?: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> },
  ) => Promise<string>
  readonly importText: (tenant: string, body: string | Uint8Array) => Promise<Outcome[]>
  readonly exported: (tenant: string, path: string) => Promise<string>
  readonly append: (
    tenant: string,
    streamId: string,
    json: unknown,
    more?: Record<string, string>,
  ) => Promise<void>
}

export async function openImportRoute(tenants: readonly string[]): Promise<ImportRoute> {
  const served = await serveEventRoutes()
  for (const slug of tenants) await served.database.tenant(slug)
  const send: ImportRoute['send'] = async (path, token, init = {}) => {
    const response = await fetch(`${served.url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}`, ...init.headers },
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${response.status} ${text}`)
    return text
  }
  return {
    served,
    send,
    async importText(tenant, body) {
      const headers = { 'content-type': 'application/x-ndjson' }
      const text = await send('/api/imports/events', `writer@${tenant}`, {
        method: 'POST',
        headers,
        body: body as string,
      })
      return text === '' ? [] : (linesOf(text) as unknown as Outcome[])
    },
    exported: (tenant, path) =>
      send(path, `reader@${tenant}`, { headers: { accept: 'application/x-ndjson' } }),
    async append(tenant, streamId, json, more = {}) {
      const headers = { 'content-type': 'application/json', ...more }
      await send(`/api/streams/${streamId}/events`, `writer@${tenant}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(json),
      })
    },
  }
}

export const linesOf = (text: string): Record<string, unknown>[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

export const event = (id: string, more: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({ streamId: 's', id, type: 'T', data: 1, ...more })
