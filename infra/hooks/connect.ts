import { ENTRA_SCOPE } from '../../shared/postgres/index.ts'
import {
  azureLogin,
  claimsOf,
  MANAGEMENT_URL,
  ManagementClient,
  ownAddress,
  withFirewallRule,
} from './azure/index.ts'
import type { AzureLogin } from './azure/index.ts'
import { whenReady } from './database/index.ts'
import type { DatabaseServer, ServerFacts } from './database/index.ts'
import { HookFailure } from './frame/failure.ts'
import type { Report } from './frame/report.ts'
import type { PostprovisionSettings } from './settings.ts'

/** A rule of the firewall takes effect within seconds; a minute is the longest time that Azure names. */
const FIREWALL_WAIT_MS = 90_000

/** The connections to what the hook works on. */
export interface Connections {
  readonly server: DatabaseServer
  /** A replica by its name, reached in the same way. */
  readonly replica: (name: string) => DatabaseServer
  readonly management: ManagementClient
}

/** Finds out who logs in, and as what. Nothing is connected yet. */
export async function makeConnections(
  settings: PostprovisionSettings,
  login: AzureLogin = azureLogin(settings.tenantId),
): Promise<Connections> {
  const management = new ManagementClient({
    url: settings.managementUrl ?? MANAGEMENT_URL,
    subscriptionId: settings.subscriptionId,
    resourceGroup: settings.resourceGroup,
    // A stand-in must never see a real token.
    login: settings.managementUrl === undefined ? login : () => Promise.resolve('stand-in'),
  })
  if (settings.url !== undefined) {
    const server = { name: settings.serverName, url: settings.url, isPrivate: settings.isPrivate }
    return { server, management, replica: (name) => ({ ...server, name }) }
  }
  const password = (): Promise<string> => login(ENTRA_SCOPE)
  const user = await administratorOf(settings, password)
  const serverAt = (name: string, host: string): DatabaseServer => ({
    name,
    url: `postgres://${encodeURIComponent(user)}@${host}:5432?sslmode=verify-full`,
    password,
    isPrivate: settings.isPrivate,
  })
  return {
    server: serverAt(settings.serverName, settings.host),
    management,
    // Servers of one subscription differ in the first label of their names only.
    replica: (name) => serverAt(name, settings.host.replace(/^[^.]+/, name)),
  }
}

/**
 * The role to log in as. The template says whom it made administrator. Under that name a token of somebody else is
 * refused without a reason. So another account logs in under its own name (and a group's members under the name that
 * they set).
 */
async function administratorOf(
  settings: PostprovisionSettings,
  password: () => Promise<string>,
): Promise<string> {
  const { administrator } = settings
  if (administrator.chosen !== undefined) return administrator.chosen
  const claims = claimsOf(await password())
  const isTemplates = administrator.objectId === undefined || administrator.objectId === claims.objectId
  const name = (isTemplates ? administrator.name : undefined) ?? claims.name
  if (name !== undefined) return name
  throw new HookFailure({
    code: 'OUTPUT_MISSING',
    what: 'Neither the template nor the token says which role to log in as.',
    where: 'POSTGRES_ADMINISTRATOR_NAME',
    mend: 'azd env set TRICKLE_HOOK_POSTGRES_USER <name of an Entra administrator of the server>',
  })
}

/**
 * Connects. If the firewall does not let this machine in, a rule is opened for as long as `work` runs.
 * @throws HookFailure
 */
export async function throughFirewall(
  { server, management }: Connections,
  settings: PostprovisionSettings,
  report: Report,
  work: (facts: ServerFacts) => Promise<void>,
): Promise<void> {
  const begin = (facts: ServerFacts): Promise<void> => {
    report.note('server', `PostgreSQL ${facts.version} at ${settings.host}, as ${facts.user}`)
    return work(facts)
  }
  let facts: ServerFacts
  try {
    facts = await whenReady(server, settings.waitMs, undefined, (failure) =>
      report.note('server', `waits up to ${settings.waitMs / 1000} s: ${failure.message}`),
    )
  } catch (error) {
    const isShut = error instanceof HookFailure && error.code === 'NO_ROUTE'
    const mayOpen = settings.url === undefined || settings.managementUrl !== undefined
    if (!isShut || !mayOpen || settings.clientAddress === 'off') throw error
    const address = await ownAddress(settings.clientAddress)
    await withFirewallRule(management, server.name, address, report, async () =>
      begin(await whenReady(server, FIREWALL_WAIT_MS, ['NO_ROUTE', 'SERVER_RESTARTING', 'CONNECTION_LOST'])),
    )
    return
  }
  await begin(facts)
}
