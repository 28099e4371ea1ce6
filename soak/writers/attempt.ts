import { setTimeout as pause } from 'node:timers/promises'
import { isTrickleError } from '../../shared/errors/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import type { Ledger } from '../ledger/index.ts'
import type { Command, CommandSource, StreamSpace } from '../plan/index.ts'
import type { Appender } from './domain-appender.ts'
import { WrongAnswer } from './answer.ts'
import { send } from './send.ts'

/** What everybody in a writer process works with. */
export interface Desk {
  readonly space: StreamSpace
  readonly tenants: readonly TenantContext[]
  readonly ledger: Ledger
  readonly source: CommandSource
}

export type Outcome = 'answered' | 'refused' | 'nothing' | 'unknown' | 'wrong'

/**
 * Long enough for a killed pool to come back, short enough that a run ends: 40 times 50 ms beside the store's own
 * retries.
 */
const SETTLE_ATTEMPTS_MAX = 40
const SETTLE_PAUSE_MS = 50

/** Of the store's errors those that say that nothing was written. */
const NOTHING_WRITTEN = new Set([
  'DATABASE_UNAVAILABLE',
  'DATABASE_BUSY',
  'DATABASE_READ_ONLY',
  'DEADLINE_EXCEEDED',
])

/** One attempt by way of the store, with its outcome in the ledger. The caller has announced it there. */
export async function attempt(desk: Desk, store: Appender, command: Command): Promise<Outcome> {
  const tenant = desk.tenants[command.tenant]
  if (tenant === undefined) throw new Error(`there is no tenant ${command.tenant}`)
  try {
    const { firstVersions, replayed } = await send(store, desk.space, tenant, command)
    desk.ledger.write(['answered', command.id, firstVersions, !replayed])
    command.writes.forEach(({ stream, events }, index) =>
      desk.source.learn(command.tenant, stream, (firstVersions[index] ?? 1) + events - 1),
    )
    return 'answered'
  } catch (error) {
    return noteFailure(desk, command, error)
  }
}

function noteFailure({ ledger, source }: Desk, command: Command, error: unknown): Outcome {
  const code = isTrickleError(error) ? error.code : ''
  if (code === 'VERSION_CONFLICT') {
    const [write] = command.writes
    const version = isTrickleError(error) ? error.extensions?.['currentVersion'] : undefined
    // With a condition the version may be that of the condition's stream. Learned for another stream it would make a
    // later command expect what is not true yet, so that its refusal is not final.
    const isOfWrite = command.writes.length === 1 && command.conditions.length === 0
    if (write !== undefined && isOfWrite && typeof version === 'number')
      source.learn(command.tenant, write.stream, version)
    ledger.write(['refused', command.id])
    return 'refused'
  }
  if (code === 'OUTCOME_UNKNOWN') {
    ledger.write(['unknown', command.id])
    return 'unknown'
  }
  if (NOTHING_WRITTEN.has(code)) {
    ledger.write(['nothing', command.id])
    return 'nothing'
  }
  const what = error instanceof WrongAnswer ? error.message : `${code} ${causeOf(error)}`
  ledger.write(['wrong', command.id, what])
  return 'wrong'
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message} ${error.cause.message}` : error.message
}

/** Sends a command again until its outcome is known; one that nobody can know again stays as it is. */
export async function settle(desk: Desk, store: Appender, command: Command, first: Outcome): Promise<void> {
  let outcome = first
  for (let nth = 0; nth < SETTLE_ATTEMPTS_MAX; nth += 1) {
    if (command.identity === 'none' || (outcome !== 'unknown' && outcome !== 'nothing')) return
    await pause(SETTLE_PAUSE_MS)
    desk.ledger.write(['again', command.id])
    outcome = await attempt(desk, store, command)
  }
}
