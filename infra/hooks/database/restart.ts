import { HookFailure } from '../frame/failure.ts'
import type { Report } from '../frame/report.ts'
import type { DatabaseServer } from './database-server.ts'
import { whenReady } from './server.ts'

/** Restarts a server and comes back when Azure says it is done; SQL may take a moment longer. */
export interface ServerRestart {
  restart(server: string): Promise<void>
}

export interface RestartOptions {
  readonly restart: ServerRestart
  readonly report: Report
  /** Static parameters that the template sets; if another one waits, somebody set it. */
  readonly ofTemplate: readonly string[]
  /** False: only reports what waits for a restart. */
  readonly mayRestart: boolean
  /** How long the server may take to answer again. */
  readonly waitMs: number
}

/**
 * A static parameter takes effect at a restart, which the template can't ask for. Where nothing waits, nothing happens.
 *
 * The primary comes first: a standby does not start with less room than its primary has (max_connections and its like),
 * so for values that shrink no other order works. Values that grow make a standby's replay pause until it is restarted
 * in its turn (since PostgreSQL 14; https://www.postgresql.org/docs/17/hot-standby.html#HOT-STANDBY-ADMIN).
 */
export async function restartServers(
  primary: DatabaseServer,
  pending: readonly string[],
  replicas: readonly DatabaseServer[],
  options: RestartOptions,
): Promise<void> {
  await restartWherePending(primary, pending, options)
  for (const replica of replicas) {
    let waiting: readonly string[]
    try {
      waiting = (await whenReady(replica, 0)).pendingRestart
    } catch (error) {
      if (!(error instanceof HookFailure)) throw error
      // The firewall or network of another region may block this machine. Roles and migrations must not wait for that.
      options.report.warn('restart', `${replica.name} was not asked whether it needs one: ${error.code}`)
      continue
    }
    await restartWherePending(replica, waiting, options)
  }
}

async function restartWherePending(
  server: DatabaseServer,
  pending: readonly string[],
  { restart, report, ofTemplate, mayRestart, waitMs }: RestartOptions,
): Promise<void> {
  const step = `restart ${server.name}`
  if (pending.length === 0) {
    report.unchanged('restart', `${server.name}: no static parameter waits for one`)
    return
  }
  const others = pending.filter((name) => ofTemplate.length > 0 && !ofTemplate.includes(name))
  const names = `${pending.join(', ')}${others.length === 0 ? '' : ` (not the template's: ${others.join(', ')})`}`
  if (!mayRestart) {
    report.warn('restart', `${server.name}: ${names} wait for one; TRICKLE_HOOK_RESTART is never`)
    return
  }
  report.note('restart', `${server.name} restarts now, for ${names}; its connections end`)
  await restart.restart(server.name)
  const facts = await whenReady(server, waitMs, [
    'SERVER_RESTARTING',
    'CONNECTION_LOST',
    'NO_ROUTE',
    'PRIVATE_NETWORK',
  ])
  if (facts.pendingRestart.length > 0) {
    throw new HookFailure({
      code: 'RESTART_WITHOUT_EFFECT',
      what: `After the restart these parameters still wait: ${facts.pendingRestart.join(', ')}.`,
      where: step,
      mend: 'Look at Server parameters in the portal: one may have been changed meanwhile, or be refused by the server.',
    })
  }
  report.changed('restart', `${server.name} answers again, with ${pending.join(', ')} in effect`)
}
