import {
  decodeCheckpoint,
  decodeConsistency,
  encodeCheckpoint,
  encodeConsistency,
  SealKeys,
} from '../../../../shared/event-store/index.ts'
import type { Checkpoint, ConsistencyPoint, SealKeyring } from '../../../../shared/event-store/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import type { TestDatabase } from '../../../support/database.ts'

/** Makes and opens the tokens of a store, as nobody can who lacks its keys. */
export class TokenTools {
  readonly keyring: SealKeyring

  constructor(keyring: SealKeyring) {
    this.keyring = keyring
  }

  static async of(database: TestDatabase): Promise<TokenTools> {
    return new TokenTools(await new SealKeys(database.pool('trickle_app', 1)).recent())
  }

  checkpointToken({ tenantId }: TenantContext, point: Checkpoint): string {
    return encodeCheckpoint(this.keyring, tenantId, point)
  }

  consistencyToken({ tenantId }: TenantContext, point: ConsistencyPoint): string {
    return encodeConsistency(this.keyring, tenantId, point)
  }

  checkpointOf({ tenantId }: TenantContext, token: string): Checkpoint {
    const point = decodeCheckpoint(this.keyring, tenantId, token)
    if (point === 'unknown-key') throw new Error('the token was sealed with a key that is not known')
    return point
  }

  consistencyOf({ tenantId }: TenantContext, token: string): ConsistencyPoint {
    const point = decodeConsistency(this.keyring, tenantId, token)
    if (point === 'unknown-key') throw new Error('the token was sealed with a key that is not known')
    return point
  }
}
