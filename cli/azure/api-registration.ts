import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { ensureApplication, ensurePrincipal } from './application.ts'
import type { Application, Principal } from './application.ts'
import { NOT_YET } from './changes.ts'
import type { Changes } from './changes.ts'
import type { Graph } from './graph.ts'
import { appRoles } from './roles.ts'

/** The Azure CLI itself (Microsoft's own application): with it you can get a token for the API and try it by hand. */
const AZURE_CLI_APP_ID = '04b07795-8ddb-461a-bbee-02f9e1bf7b46'

const SCOPE = 'access'

/** The attribute of a user that holds its tenant. It comes as the claim `extn.tenant`. */
const EXTENSION = 'tenant'

export interface Api {
  readonly application: Application
  readonly principal: Principal
  /** Full name of the users' attribute. */
  readonly extension: string
}

/**
 * The API: its roles, its address, tokens of version 2, a scope that the Azure CLI may ask for, and the tenant of a user
 * as a claim. Source of the forms: Microsoft Graph v1.0, resource type application.
 * @throws CommandFailure GRAPH_REFUSED, NAME_AMBIGUOUS
 */
export async function ensureApi(graph: Graph, changes: Changes, name: string): Promise<Api> {
  const application = await ensureApplication(graph, changes, name, appRoles)
  const path = `applications/${application.id}`
  const patch = (what: string, body: object): Promise<void> =>
    changes.make(what, undefined, () => graph.patch(path, body, application.isNew))

  const missing = appRoles.filter(({ id }) => !application.appRoles.some((known) => known.id === id))
  if (missing.length > 0)
    await patch(`add the roles ${missing.map(({ value }) => value).join(', ')}`, {
      appRoles: [...application.appRoles, ...missing],
    })
  const address = `api://${application.appId}`
  if (!application.identifierUris.includes(address))
    await patch(`give the API the address ${address}`, {
      identifierUris: [...application.identifierUris, address],
    })
  const principal = await ensurePrincipal(graph, changes, application, name)
  const scopeId = await ensureScope(application, patch)
  await ensureAzureCli(application, scopeId, patch)
  const extension = await ensureExtension(graph, changes, application)
  const claims = application.optionalClaims?.accessToken ?? []
  if (!claims.some((claim) => claim.name === extension))
    await patch(`put a user's tenant into the tokens (claim extn.${EXTENSION})`, {
      optionalClaims: {
        ...application.optionalClaims,
        accessToken: [...claims, { name: extension, source: 'user' }],
      },
    })
  return { application, principal, extension }
}

type Patch = (what: string, body: object) => Promise<void>

async function ensureScope({ api }: Application, patch: Patch): Promise<string> {
  const known = api.oauth2PermissionScopes.find(({ value }) => value === SCOPE)
  if (known !== undefined && api.requestedAccessTokenVersion === 2) return known.id
  const id = known?.id ?? randomUUID()
  const scope = {
    id,
    value: SCOPE,
    type: 'User',
    isEnabled: true,
    userConsentDisplayName: 'Use Trickle',
    userConsentDescription: 'Use Trickle as yourself',
    adminConsentDisplayName: 'Use Trickle',
    adminConsentDescription: 'Use Trickle as the signed-in user',
  }
  await patch(`ask for tokens of version 2, with the scope ${SCOPE}`, {
    api: {
      requestedAccessTokenVersion: 2,
      oauth2PermissionScopes:
        known === undefined ? [...api.oauth2PermissionScopes, scope] : api.oauth2PermissionScopes,
    },
  })
  return id
}

/** A change of its own: Graph refuses an application that may ask for a scope which is made in the same request. */
async function ensureAzureCli({ api }: Application, scopeId: string, patch: Patch): Promise<void> {
  const others = api.preAuthorizedApplications.filter(({ appId }) => appId !== AZURE_CLI_APP_ID)
  const known = api.preAuthorizedApplications.find(({ appId }) => appId === AZURE_CLI_APP_ID)
  if (known?.delegatedPermissionIds.includes(scopeId) === true) return
  await patch('let the Azure CLI ask for tokens', {
    api: {
      preAuthorizedApplications: [
        ...others,
        {
          appId: AZURE_CLI_APP_ID,
          delegatedPermissionIds: [...(known?.delegatedPermissionIds ?? []), scopeId],
        },
      ],
    },
  })
}

const extensionSchema = z.object({ name: z.string() })

async function ensureExtension(
  graph: Graph,
  changes: Changes,
  { id, appId, isNew }: Application,
): Promise<string> {
  const path = `applications/${id}/extensionProperties`
  const known = isNew ? [] : await graph.list(path, extensionSchema)
  const found = known.find(({ name }) => name.endsWith(`_${EXTENSION}`))
  if (found !== undefined) return found.name
  const planned = {
    name: `extension_${appId === NOT_YET ? NOT_YET : appId.replaceAll('-', '')}_${EXTENSION}`,
  }
  const made = await changes.make(`make the attribute ${EXTENSION} of users`, planned, () =>
    graph.post(
      path,
      { name: EXTENSION, dataType: 'String', targetObjects: ['User'] },
      extensionSchema,
      isNew,
    ),
  )
  return made.name
}
