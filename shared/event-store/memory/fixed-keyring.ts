import { sealKeyOf, type SealKeyring } from '../seal.ts'

/** The key of every store in memory: what such a store seals is a test's, and worth no secret. */
const key = sealKeyOf('00000000', Buffer.alloc(32, 'in memory'))

export const inMemoryKeyring: SealKeyring = { sealing: key, byId: new Map([[key.id, key]]) }
