import { sealKeyOf } from '../tokens/seal.ts'
import type { SealKeyring } from '../tokens/seal.ts'

let keyring: SealKeyring | undefined

/**
 * The key of every store in memory: what such a store seals is a test's, and worth no secret. Made when it is asked for,
 * so that the build leaves it out of what is deployed.
 */
export function inMemoryKeyring(): SealKeyring {
  if (keyring !== undefined) return keyring
  const sealing = sealKeyOf('00000000', Buffer.alloc(32, 'in memory'))
  keyring = { sealing, byId: new Map([[sealing.id, sealing]]) }
  return keyring
}
