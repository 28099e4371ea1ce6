import { z } from 'zod'
import { CommandFailure } from '../frame/index.ts'
import { NOT_YET } from './changes.ts'
import type { Changes } from './changes.ts'
import type { Graph } from './graph.ts'
import type { AppRole } from './roles.ts'

const roleSchema = z.looseObject({ id: z.string(), value: z.string().nullable() })
const scopeSchema = z.looseObject({ id: z.string(), value: z.string().nullable() })
const preAuthorizedSchema = z.looseObject({ appId: z.string(), delegatedPermissionIds: z.array(z.string()) })
const claimSchema = z.looseObject({ name: z.string() })

/** Members that others may have set stay as they are (`looseObject`), since they are sent back with what is added. */
const applicationSchema = z.object({
  id: z.string(),
  appId: z.string(),
  identifierUris: z.array(z.string()).default([]),
  appRoles: z.array(roleSchema).default([]),
  api: z
    .looseObject({
      requestedAccessTokenVersion: z.int().nullish(),
      oauth2PermissionScopes: z.array(scopeSchema).default([]),
      preAuthorizedApplications: z.array(preAuthorizedSchema).default([]),
    })
    .default({ oauth2PermissionScopes: [], preAuthorizedApplications: [] }),
  optionalClaims: z.looseObject({ accessToken: z.array(claimSchema).default([]) }).nullish(),
})

export interface Application extends z.output<typeof applicationSchema> {
  /** Made by this run. */
  readonly isNew: boolean
}

const principalSchema = z.object({ id: z.string() })

export interface Principal {
  readonly id: string
  readonly isNew: boolean
}

/**
 * The application of this name; made when there is none.
 * @throws CommandFailure NAME_AMBIGUOUS when there are several, GRAPH_REFUSED
 */
export async function ensureApplication(
  graph: Graph,
  changes: Changes,
  name: string,
  roles: readonly AppRole[] = [],
): Promise<Application> {
  const filter = encodeURIComponent(`displayName eq ${quoted(name)}`)
  const found = await graph.list(`applications?$filter=${filter}`, applicationSchema)
  const [first, second] = found
  if (second !== undefined) {
    throw new CommandFailure(
      'NAME_AMBIGUOUS',
      `There are ${found.length} applications called "${name}" (${found.map(({ appId }) => appId).join(', ')}). Rename those that are not Trickle's, or take another name with --name.`,
    )
  }
  if (first !== undefined) return { ...first, isNew: false }
  const planned = applicationSchema.parse({ id: NOT_YET, appId: NOT_YET, appRoles: roles })
  const made = await changes.make(`register the application ${name}`, planned, () =>
    graph.post(
      'applications',
      { displayName: name, signInAudience: 'AzureADMyOrg', appRoles: roles },
      applicationSchema,
    ),
  )
  return { ...made, isNew: true }
}

/** The service principal of an application, which roles are given to. @throws CommandFailure GRAPH_REFUSED */
export async function ensurePrincipal(
  graph: Graph,
  changes: Changes,
  { appId, isNew }: Application,
  name: string,
): Promise<Principal> {
  const known = isNew
    ? []
    : await graph.list(
        `servicePrincipals?$filter=${encodeURIComponent(`appId eq ${quoted(appId)}`)}`,
        principalSchema,
      )
  const [first] = known
  if (first !== undefined) return { ...first, isNew: false }
  const made = await changes.make(`make the service principal of ${name}`, { id: NOT_YET }, () =>
    graph.post('servicePrincipals', { appId }, principalSchema, isNew),
  )
  return { ...made, isNew: true }
}

/** `'` in a filter of OData is written twice. */
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`
