import { DefaultAzureCredential, ManagedIdentityCredential } from '@azure/identity'
import type { TokenCredential } from '@azure/identity'
import { ENTRA_SCOPE } from './address.ts'

/** A token that expires within this time is not used for a new connection: the login itself may take that long. */
const REMAINING_MIN_MS = 5 * 60_000

/**
 * Gives the password for one login role: an Entra ID token, renewed before it expires. `drop` forgets a refused token.
 */
export function createTokenSource(clientId: string | undefined): {
  password: () => Promise<string>
  drop: () => void
} {
  const credential: TokenCredential =
    clientId === undefined ? new DefaultAzureCredential() : new ManagedIdentityCredential({ clientId })
  let cached: { token: string; expiresOnTimestamp: number } | undefined
  return {
    async password() {
      if (cached === undefined || cached.expiresOnTimestamp - Date.now() < REMAINING_MIN_MS) {
        cached = (await credential.getToken(ENTRA_SCOPE)) ?? undefined
        if (cached === undefined) throw new Error('no Entra ID token could be had for PostgreSQL')
      }
      return cached.token
    },
    drop() {
      cached = undefined
    },
  }
}
