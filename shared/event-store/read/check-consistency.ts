import { Remembered } from '../../cache/index.ts'
import { TrickleError } from '../../errors/index.ts'
import type { Database } from '../../postgres/index.ts'
import type { TenantContext } from '../../tenancy/index.ts'
import { openToken } from '../tokens/seal-keys.ts'
import type { SealKeys } from '../tokens/seal-keys.ts'
import { selectCurrentEpoch } from './statements.ts'
import { decodeConsistency } from '../tokens/tokens.ts'
import type { ConsistencyPoint } from '../tokens/tokens.ts'

/** The same as for suspension: how long another instance may take to notice what an operator did. */
const FRESH_MS = 5_000

/**
 * The current epoch of the log, known without asking for it at each read; one asks for many.
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

  /** The epoch as it is now: not an answer that was asked for earlier. @throws TrickleError of the DATABASE_ family. */
  refreshed(): Promise<string> {
    return this.#epoch.refreshed()
  }

  async #ask(): Promise<string> {
    const [row] = await this.#database.query(selectCurrentEpoch, { isRead: true })
    if (row === undefined) throw new TrickleError('INTERNAL', 'The log has no epoch.')
    return row.epoch
  }
}

/** What consistency tokens are held against. */
export interface ConsistencyBasis {
  readonly currentEpoch: CurrentEpoch
  readonly sealKeys: SealKeys
}

/**
 * Checks the consistency token of a read: its form, its tenant and its epoch. A token of the key and the epoch that are
 * known costs nothing; one of another epoch asks the database, so a token of a new epoch is never refused, and one of an ended
 * epoch is taken for 5 s at most after its end.
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
