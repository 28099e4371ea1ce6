import { hash } from 'node:crypto'
import { type Identity } from './identity.ts'

/**
 * Checking a signature costs CPU (measured: ES256 190 µs, RS256 70 µs, against 1 µs for the hash), and a caller sends
 * the same token many times. A key or token that the issuer withdraws is believed this much longer.
 */
const MAX_AGE_MS = 60_000
/** About 300 bytes an entry; more callers than this a minute on one instance just pay for their signatures. */
const MAX_ENTRIES = 1_000

/** Remembers verified tokens for a short time, by hash: the tokens themselves are never kept. */
export interface VerifiedCache {
  readonly get: (token: string) => Identity | undefined
  readonly set: (token: string, identity: Identity) => void
}

export function createVerifiedCache(): VerifiedCache {
  const entries = new Map<string, { readonly identity: Identity; readonly validUntilMs: number }>()
  const keyOf = (token: string): string => hash('sha256', token, 'base64')
  return {
    get(token) {
      const key = keyOf(token)
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      if (Date.now() < entry.validUntilMs) return entry.identity
      entries.delete(key)
      return undefined
    },
    set(token, identity) {
      const validUntilMs = Math.min(Date.now() + MAX_AGE_MS, identity.expiresAtMs)
      if (validUntilMs <= Date.now()) return
      // A Map keeps insertion order: the first key is the oldest entry.
      const oldest = entries.keys().next().value
      if (entries.size >= MAX_ENTRIES && oldest !== undefined) entries.delete(oldest)
      entries.set(keyOf(token), { identity, validUntilMs })
    },
  }
}
