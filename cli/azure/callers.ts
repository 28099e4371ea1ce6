import { z } from 'zod'
import type { Api } from './api-registration.ts'
import { ensureApplication, ensurePrincipal } from './application.ts'
import { NOT_YET } from './changes.ts'
import type { Changes } from './changes.ts'
import type { Graph } from './graph.ts'
import { appRoles } from './roles.ts'
import type { RoleName } from './roles.ts'

export interface Caller {
  readonly name: string
  readonly appId: string
  /** Told once, and only when it was asked for. */
  readonly secret?: string
}

export interface CallerPlan {
  readonly name: string
  readonly roles: readonly RoleName[]
  /** Days that a new secret is valid for; null: none is made. */
  readonly secretDays: number | null
}

/** An application that calls the API, with its roles. @throws CommandFailure GRAPH_REFUSED, NAME_AMBIGUOUS */
export async function ensureCaller(
  graph: Graph,
  changes: Changes,
  api: Api,
  { name, roles, secretDays }: CallerPlan,
): Promise<Caller> {
  const application = await ensureApplication(graph, changes, name)
  const principal = await ensurePrincipal(graph, changes, application, name)
  await ensureRoles(graph, changes, api, { id: principal.id, name, roles })
  const { appId } = application
  if (secretDays === null) return { name, appId }
  const endDateTime = new Date(Date.now() + secretDays * 86_400_000).toISOString()
  const { secretText } = await changes.make(
    `make a secret of ${name}, valid for ${secretDays} days`,
    { secretText: NOT_YET },
    () =>
      graph.post(
        `applications/${application.id}/addPassword`,
        { passwordCredential: { displayName: 'trickle azure register', endDateTime } },
        z.object({ secretText: z.string() }),
        application.isNew,
      ),
  )
  return { name, appId, secret: secretText }
}

interface Holder {
  /** Object id of a user or service principal. */
  readonly id: string
  readonly name: string
  readonly roles: readonly RoleName[]
}

const assignmentSchema = z.object({ principalId: z.string(), appRoleId: z.string() })

async function ensureRoles(
  graph: Graph,
  changes: Changes,
  { principal }: Api,
  { id, name, roles }: Holder,
): Promise<void> {
  const path = `servicePrincipals/${principal.id}/appRoleAssignedTo`
  const known = principal.isNew ? [] : await graph.list(path, assignmentSchema)
  for (const role of roles) {
    const appRoleId = appRoles.find(({ value }) => value === role)?.id
    if (known.some((given) => given.principalId === id && given.appRoleId === appRoleId)) continue
    await changes.make(`give ${name} the role ${role}`, undefined, async () => {
      // Both objects may have been made a moment before.
      await graph.post(path, { principalId: id, resourceId: principal.id, appRoleId }, z.unknown(), true)
    })
  }
}

/** Makes the signed-in user a reader and writer of a tenant. @throws CommandFailure GRAPH_REFUSED */
export async function ensureMe(graph: Graph, changes: Changes, api: Api, tenant: string): Promise<void> {
  const isPlanned = api.extension.includes(NOT_YET)
  const wanted = isPlanned ? 'id' : `id,${api.extension}`
  const me = await graph.get(`me?$select=${wanted}`, z.looseObject({ id: z.string() }))
  if (me[api.extension] !== tenant)
    await changes.make(`make ${tenant} your tenant`, undefined, () =>
      graph.patch(`users/${me.id}`, { [api.extension]: tenant }, true),
    )
  await ensureRoles(graph, changes, api, { id: me.id, name: 'you', roles: ['reader', 'writer'] })
}
