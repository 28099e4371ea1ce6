import { setTimeout as pause } from 'node:timers/promises'
import { isTrickleError } from '../../shared/errors/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import type { Ledger } from '../ledger/index.ts'
import type { Command, CommandSource, StreamSpace } from '../plan/index.ts'
import type { Appender } from './domain-appender.ts'
import { WrongAnswer } from './answer.ts'
import { send } from './send.ts'

/** What all callers of a writer process share. */
export interface Desk {
  readonly space: StreamSpace
  readonly tenants: readonly TenantContext[]
  readonly ledger: Ledger
  readonly source: CommandSource
}

export type Outcome = 'answered' | 'refused' | 'nothing' | 'unknown' | 'wrong'

/**
 * Long enough that a pool whose connections were killed has new ones, short enough that a run ends: 40 times 50 ms, in
 * addition to the store's own retries.
 */
const SETTLE_ATTEMPTS_MAX = 40
const SETTLE_PAUSE_MS = 50

/** The errors of the store that mean: nothing was written. */
const NOTHING_WRITTEN = new Set([
  'DATABASE_UNAVAILABLE',
  'DATABASE_BUSY',
  'DATABASE_READ_ONLY',
  'DEADLINE_EXCEEDED',
])

/** One attempt through the store. Writes the outcome to the ledger; the caller has written the entry before it. */
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
    // With a condition the version may belong to the condition's stream. Learned for the wrong stream, it would make a
    // later command expect a version that the stream has not reached yet. The refusal of that command would not be
    // final.
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

/** Sends a command again until its outcome is known. A command without ids and key is not sent again. */
export async function settle(desk: Desk, store: Appender, command: Command, first: Outcome): Promise<void> {
  let outcome = first
  for (let nth = 0; nth < SETTLE_ATTEMPTS_MAX; nth += 1) {
    if (command.identity === 'none' || (outcome !== 'unknown' && outcome !== 'nothing')) return
    await pause(SETTLE_PAUSE_MS)
    desk.ledger.write(['again', command.id])
    outcome = await attempt(desk, store, command)
  }
}
