import type { AzureLogin } from './azure/index.ts'
import { makeConnections, throughFirewall, type Connections } from './connect.ts'
import {
  applyRolesFile,
  entraPrincipals,
  migrate,
  prepareDatabase,
  prepareRoles,
  restartWherePending,
  securityLabel,
  standInLabel,
  whenReady,
  type ServerFacts,
} from './database/index.ts'
import type { Environment } from './frame/environment.ts'
import { HookFailure } from './frame/failure.ts'
import type { Report } from './frame/report.ts'
import { readPostprovisionSettings, type PostprovisionSettings } from './settings.ts'

export interface PostprovisionSurroundings {
  readonly environment: Environment
  readonly report: Report
  /** Default: the login of azd, else of az. */
  readonly login?: AzureLogin
}

/** DESIGN: PostgreSQL 17 is the floor, since transaction_timeout came with it. */
const oldestVersion = 17

/**
 * Brings the server of a provision to the state that the functions need. Each step asks first; a second run changes
 * nothing and says so.
 * @throws HookFailure for each known failure, with what to do about it
 */
export async function runPostprovision(surroundings: PostprovisionSurroundings): Promise<void> {
  const { environment, report, login } = surroundings
  const settings = readPostprovisionSettings(environment)
  const connections = await makeConnections(settings, ...(login === undefined ? [] : ([login] as const)))
  report.title(`Database of ${settings.serverName}`)
  await throughFirewall(connections, settings, report, async (facts) => {
    refuseUnsuitable(facts, settings)
    await restartAll(connections, facts, settings, report)
    const { server } = connections
    const writeLabel = settings.entra === 'pgaadauth' ? securityLabel : standInLabel
    await prepareRoles(server, settings.identities, (client) => entraPrincipals(client, writeLabel), report)
    await prepareDatabase(server, settings.database, report)
    await applyRolesFile(server, settings.database, report)
    await migrate(server, settings.database, report)
  })
  report.title(
    report.changes === 0
      ? 'Nothing had to be changed: the database is as this checkout needs it.'
      : `Done, with ${report.changes} ${report.changes === 1 ? 'change' : 'changes'}.`,
  )
}

function refuseUnsuitable(facts: ServerFacts, { serverName, host }: PostprovisionSettings): void {
  if (facts.isReplica) {
    throw new HookFailure({
      code: 'DATABASE_IS_REPLICA',
      what: `${serverName} is a read replica, where nothing can be changed.`,
      where: host,
      mend: 'azd env set POSTGRES_SERVER_NAME <primary> and POSTGRES_HOST <its host>, then azd hooks run postprovision; after a promotion see docs/azure.',
    })
  }
  if (facts.version < oldestVersion) {
    throw new HookFailure({
      code: 'SERVER_UNSUITABLE',
      what: `${serverName} is PostgreSQL ${facts.version}; Trickle needs ${oldestVersion} or later.`,
      where: host,
      mend: 'Upgrade the server (see docs/azure), or deploy to a new one.',
    })
  }
}

/**
 * Replicas first: a standby must not have less room than its primary asks for (max_connections and its like), and growing
 * is what happens.
 */
async function restartAll(
  { server, replica, management }: Connections,
  facts: ServerFacts,
  settings: PostprovisionSettings,
  report: Report,
): Promise<void> {
  const options = {
    restart: management,
    report,
    ofTemplate: settings.restartParameters,
    mayRestart: settings.mayRestart,
    waitMs: settings.waitMs,
  }
  for (const name of settings.replicaNames) {
    const standby = replica(name)
    let pending: readonly string[]
    try {
      pending = (await whenReady(standby, 0)).pendingRestart
    } catch (error) {
      if (!(error instanceof HookFailure)) throw error
      // Another region's firewall or network: the primary must not wait for it.
      report.warn('restart', `${name} was not asked whether it needs one: ${error.code}`)
      continue
    }
    await restartWherePending(standby, pending, options)
  }
  await restartWherePending(server, facts.pendingRestart, options)
}
