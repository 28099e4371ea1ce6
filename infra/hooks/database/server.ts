import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import { urlOfDatabase, withClient } from '../../../database/index.ts'
import { HookFailure } from '../frame/failure.ts'
import type { HookFailureCode } from '../frame/failure.ts'
import type { DatabaseServer, ServerFacts } from './database-server.ts'
import { databaseFailure } from './failures.ts'

/**
 * Runs `work` on a connection of its own.
 * @param step what is being done, for the failure's text
 * @throws HookFailure for everything that the driver or the server says
 */
export async function inDatabase<T>(
  server: DatabaseServer,
  database: string,
  step: string,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  try {
    return await withClient(urlOfDatabase(server.url, database), work, { password: server.password })
  } catch (error) {
    throw databaseFailure(error, server, step)
  }
}

/** Another deployment may hold the roles for as long as it changes them; what holds them longer is stuck. */
export const TRANSACTION_LIMITS = "set local lock_timeout = '60s'; set local statement_timeout = '120s'"

const FACTS_QUERY = `
  select pg_catalog.current_setting('server_version_num')::int / 10000 as version,
    pg_catalog.pg_is_in_recovery() as "isReplica",
    current_user as "user",
    array(select name from pg_catalog.pg_settings where pending_restart order by name) as "pendingRestart"`

/** Between two attempts to connect while a server comes up. */
const RETRY_DELAY_MS = 1_000

/**
 * Asks the server for its facts, and waits while it comes up.
 * @param waitMs how long it may take
 * @param worthWaiting the failures that may pass by themselves
 * @param onWait called once, when it begins to wait
 * @throws HookFailure
 */
export async function whenReady(
  server: DatabaseServer,
  waitMs: number,
  worthWaiting: readonly HookFailureCode[] = ['SERVER_RESTARTING'],
  onWait: (failure: HookFailure) => void = () => {},
): Promise<ServerFacts> {
  const endsAtMs = Date.now() + waitMs
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await inDatabase(server, 'postgres', 'look at the server', async (client) => {
        const { rows } = await client.query<ServerFacts>(FACTS_QUERY)
        const [facts] = rows
        if (facts === undefined) throw new Error('the server gave no facts about itself')
        return facts
      })
    } catch (error) {
      const mayPass = error instanceof HookFailure && worthWaiting.includes(error.code)
      if (!mayPass || Date.now() + RETRY_DELAY_MS > endsAtMs) throw error
      if (attempt === 1) onWait(error)
      await sleep(RETRY_DELAY_MS)
    }
  }
}
