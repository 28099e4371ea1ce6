import { nameOrNull } from './identity.ts'

/** Who brought a token that was refused, where its signature proves it. */
export interface RefusedCaller {
  readonly issuer: string | null
  readonly subject: string | null
  readonly application: string | null
  /** What its tenant claim holds. */
  readonly tenant: string | null
}

/** Kept outside the error: the fields of an error are sent to the client. */
const callers = new WeakMap<Error, RefusedCaller>()

/** Remembers whose token an error refuses. `claims` must be of a token whose signature was checked. */
export function noteRefusedCaller(error: unknown, claims: unknown, tenantClaim: string): void {
  if (!(error instanceof Error) || typeof claims !== 'object' || claims === null) return
  const known = { ...claims }
  callers.set(error, {
    issuer: nameOrNull(known, 'iss'),
    subject: nameOrNull(known, 'sub'),
    application: nameOrNull(known, 'azp') ?? nameOrNull(known, 'appid') ?? nameOrNull(known, 'client_id'),
    tenant: nameOrNull(known, tenantClaim),
  })
}

/** Null if the caller is not known: there was no token, or its signature was not by a key of its issuer. */
export function refusedCallerOf(error: unknown): RefusedCaller | null {
  return error instanceof Error ? (callers.get(error) ?? null) : null
}
