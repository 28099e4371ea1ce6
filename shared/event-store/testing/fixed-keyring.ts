import { sealKeyOf } from '../tokens/seal.ts'
import type { SealKeyring } from '../tokens/seal.ts'

let keyring: SealKeyring | undefined

/**
 * The key of every store in memory. Such a store is only for tests, so its key need not be secret. It is made at the
 * first call, so that the build can leave it out of the deployed package.
 */
export function inMemoryKeyring(): SealKeyring {
  if (keyring !== undefined) return keyring
  const sealing = sealKeyOf('00000000', Buffer.alloc(32, 'in memory'))
  keyring = { sealing, byId: new Map([[sealing.id, sealing]]) }
  return keyring
}
