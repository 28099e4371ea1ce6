/** Which logins an app has, and how many connections it may open with each. */
import type { Settings } from '../shared/config/index.ts'
import { TrickleError } from '../shared/errors/index.ts'
import { Database, poolLimits } from '../shared/postgres/index.ts'

export type LoginName = 'APP' | 'WORKER' | 'FORWARDER' | 'OPERATOR'

export interface PoolSizes {
  readonly connectionsMax: number
  readonly queryTimeoutMs: number
}

const httpPool: PoolSizes = {
  connectionsMax: poolLimits.httpConnectionsMax,
  queryTimeoutMs: poolLimits.queryTimeoutMs,
}
const backgroundPool: PoolSizes = {
  connectionsMax: poolLimits.backgroundConnectionsMax,
  queryTimeoutMs: poolLimits.backgroundQueryTimeoutMs,
}

/**
 * The login of tenants has the pool of HTTP, every other one that of the background. A timer or a queue has instances of
 * its own, which open the pool of its login beside the operator's: so 5 connections public and 4 in the background for
 * each instance, and the smallest server takes 40 instances of both.
 */
export const poolSizesOf = (login: LoginName): PoolSizes => (login === 'APP' ? httpPool : backgroundPool)

/** @throws TrickleError CONFIGURATION_INVALID where this app has no such login */
export function openDatabase(
  settings: Settings,
  login: LoginName,
  report: (message: string) => void,
): Database {
  const app = settings.TRICKLE_SIDE
  const name = `TRICKLE_POSTGRES_${login}_URL` as const
  const url = settings[name]
  if (url === undefined) {
    throw new TrickleError(
      'CONFIGURATION_INVALID',
      `${name}: the ${app} app has no such login, and this work needs it. Let the work run in the other app, or give this one the login (docs/configuration.md).`,
    )
  }
  return new Database({
    ...poolSizesOf(login),
    url,
    clientId: settings[`TRICKLE_POSTGRES_${login}_CLIENT_ID`],
    statements: settings.TRICKLE_POSTGRES_STATEMENTS,
    onNamesOff: ({ message }) =>
      report(
        `Named statements of ${login.toLowerCase()} are off: ${message}. ` +
          `A pooler between must keep track of them (PgBouncer from 1.21 on: max_prepared_statements).`,
      ),
    onReachability: (error) =>
      report(
        error === null
          ? `The database can be reached again as ${login.toLowerCase()}.`
          : `The database can't be reached as ${login.toLowerCase()}: ${messageOf(error)}. Callers are refused at once until it answers.`,
      ),
    onIdleError: (error) => report(`An idle connection of ${login.toLowerCase()} ended: ${error.message}`),
  })
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
