import { POSTGRES_VERSION_MIN } from '../../database/index.ts'
import { settleParameters } from './azure/index.ts'
import type { AzureLogin } from './azure/index.ts'
import { makeConnections, throughFirewall } from './connect.ts'
import {
  applyRolesFile,
  entraPrincipals,
  migrate,
  prepareDatabase,
  prepareRoles,
  restartServers,
  securityLabel,
  standInLabel,
} from './database/index.ts'
import type { ServerFacts } from './database/index.ts'
import type { Environment } from './frame/environment.ts'
import { HookFailure } from './frame/failure.ts'
import type { Report } from './frame/report.ts'
import { readPostprovisionSettings } from './settings.ts'
import type { PostprovisionSettings } from './settings.ts'

export interface PostprovisionSurroundings {
  readonly environment: Environment
  readonly report: Report
  /** Default: the login of azd, else of az. */
  readonly login?: AzureLogin
}

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
  const servers = [settings.serverName, ...settings.replicaNames]
  await settleParameters(connections.management, servers, settings.unwrittenParameters, report)
  await throughFirewall(connections, settings, report, async (facts) => {
    refuseUnsuitable(facts, settings)
    const { server, management } = connections
    await restartServers(server, facts.pendingRestart, settings.replicaNames.map(connections.replica), {
      restart: management,
      report,
      ofTemplate: settings.restartParameters,
      mayRestart: settings.mayRestart,
      waitMs: settings.waitMs,
    })
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
  if (facts.version < POSTGRES_VERSION_MIN) {
    throw new HookFailure({
      code: 'SERVER_UNSUITABLE',
      what: `${serverName} is PostgreSQL ${facts.version}; Trickle needs ${POSTGRES_VERSION_MIN} or later.`,
      where: host,
      mend: 'Upgrade the server (see docs/azure), or deploy to a new one.',
    })
  }
}
