import type { TokenCredential } from '@azure/identity'
import { decodeJwt } from 'jose'
import { HookFailure } from '../frame/failure.ts'

/** Gives a token for a scope; each call may go to a command line program, which keeps its own cache. */
export type AzureLogin = (scope: string) => Promise<string>

/**
 * A command line that has to renew a login first needs some seconds. Without a limit, one that waits for a person would
 * wait for ever.
 */
const PROCESS_TIMEOUT_MS = 60_000

/**
 * The login of `azd`, else of `az`: the administrator that the template made is the account that ran azd. A chain that
 * also asks the environment or a managed identity could log in as somebody else.
 * @throws HookFailure TOKEN_UNAVAILABLE, when it is called
 */
export function azureLogin(tenantId: string | undefined): AzureLogin {
  let credential: Promise<TokenCredential> | undefined
  return async (scope) => {
    try {
      credential ??= makeCredential(tenantId)
      const token = await (await credential).getToken(scope)
      if (token === null) throw new Error('it gives none')
      return token.token
    } catch (error) {
      throw new HookFailure({
        code: 'TOKEN_UNAVAILABLE',
        what: `Neither azd nor az gives a token for ${scope}: ${reasonOf(error)}`,
        where: tenantId === undefined ? 'the login of azd and az' : `tenant ${tenantId}`,
        mend: 'Run: azd auth login   (in a pipeline: with --federated-credential-provider), then azd hooks run postprovision',
        cause: error,
      })
    }
  }
}

/** The SDK is loaded when it is needed: the first hook does not need it, nor does a server with a password. */
async function makeCredential(tenantId: string | undefined): Promise<TokenCredential> {
  const { AzureCliCredential, AzureDeveloperCliCredential, ChainedTokenCredential } =
    await import('@azure/identity')
  const options = { processTimeoutInMs: PROCESS_TIMEOUT_MS, ...(tenantId === undefined ? {} : { tenantId }) }
  return new ChainedTokenCredential(new AzureDeveloperCliCredential(options), new AzureCliCredential(options))
}

/** A chain only says that it failed; the reasons are in the errors of its parts. */
function reasonOf(error: unknown): string {
  const parts = (error as { errors?: unknown } | undefined)?.errors
  const reasons = Array.isArray(parts) && parts.length > 0 ? parts : [error]
  return reasons
    .map((part: unknown) => (part instanceof Error ? part.message : String(part)).split('\n')[0])
    .join(' ')
}

/** Who a token speaks for. */
export interface TokenClaims {
  /** Object id of the user or service principal, in lower case. */
  readonly objectId: string | undefined
  /** What PostgreSQL would know them by: a user principal name, else the application's id. */
  readonly name: string | undefined
}

/** Reads a token's claims without checking the token: the server does that. */
export function claimsOf(token: string): TokenClaims {
  const claims = payloadOf(token)
  const text = (name: string): string | undefined => {
    const value = claims[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  return {
    objectId: text('oid')?.toLowerCase(),
    name: text('upn') ?? text('unique_name') ?? text('preferred_username') ?? text('appid') ?? text('azp'),
  }
}

function payloadOf(token: string): Readonly<Record<string, unknown>> {
  try {
    return decodeJwt(token)
  } catch {
    return {}
  }
}
