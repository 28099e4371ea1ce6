import { HookFailure } from '../frame/failure.ts'

/** Gives a token for a scope; each call may go to a command line program, which keeps its own cache. */
export type AzureLogin = (scope: string) => Promise<string>

/** A command line that has to renew a login first needs some seconds; one that waits for a person would wait for ever. */
const processTimeoutMs = 60_000

/**
 * The login of `azd`, else of `az`: the administrator that the template made is whoever ran azd. A chain that also asks
 * the environment or a managed identity could come up with somebody else.
 * @throws HookFailure TOKEN_UNAVAILABLE, when it is called
 */
export function azureLogin(tenantId: string | undefined): AzureLogin {
  const made = import('@azure/identity').then(
    ({ AzureCliCredential, AzureDeveloperCliCredential, ChainedTokenCredential }) => {
      const options = {
        processTimeoutInMs: processTimeoutMs,
        ...(tenantId === undefined ? {} : { tenantId }),
      }
      return new ChainedTokenCredential(
        new AzureDeveloperCliCredential(options),
        new AzureCliCredential(options),
      )
    },
  )
  return async (scope) => {
    try {
      const { token } = await (await made).getToken(scope)
      return token
    } catch (error) {
      throw new HookFailure({
        code: 'TOKEN_UNAVAILABLE',
        what: `Neither azd nor az gives a token for ${scope}: ${firstLine(error)}`,
        where: tenantId === undefined ? 'the login of azd and az' : `tenant ${tenantId}`,
        mend: 'Run: azd auth login   (in a pipeline: with --federated-credential-provider), then azd hooks run postprovision',
        cause: error,
      })
    }
  }
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''

/** Who a token speaks for. */
export interface TokenClaims {
  /** Object id of the user or service principal, in lower case. */
  readonly objectId: string | undefined
  /** What PostgreSQL would know them by: a user principal name, else the application's id. */
  readonly name: string | undefined
}

/** Reads a token's claims without judging it: that is the server's affair. */
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
    const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    return typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
