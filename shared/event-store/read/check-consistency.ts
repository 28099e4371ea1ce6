import { Remembered } from '../../cache/index.ts'
import { TrickleError } from '../../errors/index.ts'
import type { Database } from '../../postgres/index.ts'
import type { TenantContext } from '../../tenancy/index.ts'
import { openToken } from '../tokens/seal-keys.ts'
import type { SealKeys } from '../tokens/seal-keys.ts'
import { selectCurrentEpoch } from './statements.ts'
import { decodeConsistency } from '../tokens/tokens.ts'
import type { ConsistencyPoint } from '../tokens/tokens.ts'

/** How long another instance may take to notice what an operator did; the same as for a tenant's suspension. */
const FRESH_MS = 5_000

/**
 * The current epoch of the log. It is remembered, so that not every read asks the database, and reads at the same time
 * share one query.
 */
export class CurrentEpoch {
  readonly #database: Database
  readonly #epoch: Remembered<string>

  /** @param now a clock in milliseconds that never runs backwards; for tests. */
  constructor(database: Database, now: () => number = () => performance.now()) {
    this.#database = database
    this.#epoch = new Remembered(() => this.#ask(), { freshMs: FRESH_MS, now })
  }

  /** The epoch, at most 5 s old. @throws TrickleError of the DATABASE_ family. */
  recent(): Promise<string> {
    return this.#epoch.recent()
  }

  /** The epoch as it is now, from a query that begins after this call. @throws TrickleError of the DATABASE_ family. */
  refreshed(): Promise<string> {
    return this.#epoch.refreshed()
  }

  async #ask(): Promise<string> {
    const [row] = await this.#database.query(selectCurrentEpoch, { isRead: true })
    if (row === undefined) throw new TrickleError('INTERNAL', 'The log has no epoch.')
    return row.epoch
  }
}

/** What consistency tokens are checked against. */
export interface ConsistencyBasis {
  readonly currentEpoch: CurrentEpoch
  readonly sealKeys: SealKeys
}

/**
 * Checks the consistency token of a read: its form, its tenant and its epoch. A token with a known key and the known
 * epoch needs no query. For a token of another epoch the database is asked, so a token of a new epoch is never refused.
 * A token of an ended epoch is accepted for 5 s at most after the end.
 * @throws TrickleError INVALID_CURSOR; EPOCH_ENDED: the write that the token stands for may be gone.
 */
export async function checkConsistency(
  basis: ConsistencyBasis,
  tenant: TenantContext,
  token: string | undefined,
): Promise<ConsistencyPoint | null> {
  if (token === undefined) return null
  const { currentEpoch, sealKeys } = basis
  const point = await openToken(sealKeys, (keyring) => decodeConsistency(keyring, tenant.tenantId, token))
  if (point === 'unknown-key') {
    throw new TrickleError(
      'EPOCH_ENDED',
      'This token was sealed with a key that the log does not have any more, so nobody can say which write it stands for. Read without the token, and see what is there.',
    )
  }
  if (point.epoch === (await currentEpoch.recent())) return point
  if (point.epoch === (await currentEpoch.refreshed())) return point
  throw new TrickleError(
    'EPOCH_ENDED',
    'The log was restored or moved since this token was made, so the write that it stands for may be gone. Read without the token, and see what is there.',
  )
}
