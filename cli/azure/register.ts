import { z } from 'zod'
import { ensureApi } from './api-registration.ts'
import { ensureCaller, ensureMe } from './callers.ts'
import type { Caller } from './callers.ts'
import { Changes } from './changes.ts'
import type { Graph } from './graph.ts'

export interface Registration {
  /** Of the API. The callers are called `NAME-operator` and `NAME-backend`. */
  readonly name: string
  /** Registers an application for operators. */
  readonly operator: boolean
  /** Registers an application for a backend that acts for all tenants. */
  readonly backend: boolean
  /** Makes the signed-in user a reader and writer of this tenant; null: no user is touched. */
  readonly myTenant: string | null
  /** Days that new secrets of the callers are valid for; null: none are made. */
  readonly secretDays: number | null
  readonly isDry: boolean
}

export interface Registered {
  readonly directoryId: string
  readonly apiAppId: string
  readonly operator: Caller | null
  readonly backend: Caller | null
  /** How many changes were made, or would be. */
  readonly changes: number
  readonly isDry: boolean
}

/**
 * Registers the API and its callers, and adds what is missing to what is there.
 * @throws CommandFailure GRAPH_REFUSED, NAME_AMBIGUOUS, UNREACHABLE. What was made before stays; a second run goes on.
 */
export async function register(
  graph: Graph,
  { name, operator, backend, myTenant, secretDays, isDry }: Registration,
  note: (line: string) => void,
): Promise<Registered> {
  const changes = new Changes({ isDry, note })
  const [directory] = await graph.list('organization?$select=id', z.object({ id: z.string() }))
  const api = await ensureApi(graph, changes, name)
  const caller = (suffix: string, roles: Parameters<typeof ensureCaller>[3]['roles']): Promise<Caller> =>
    ensureCaller(graph, changes, api, { name: `${name}-${suffix}`, roles, secretDays })
  const registered = {
    directoryId: directory?.id ?? '',
    apiAppId: api.application.appId,
    operator: operator ? await caller('operator', ['operator']) : null,
    backend: backend ? await caller('backend', ['reader', 'writer', 'service']) : null,
  }
  if (myTenant !== null) await ensureMe(graph, changes, api, myTenant)
  return { ...registered, changes: changes.count, isDry }
}
