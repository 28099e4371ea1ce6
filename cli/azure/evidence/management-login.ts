import { isThisMachine } from '../../../shared/address/index.ts'
import { CommandFailure } from '../../frame/index.ts'

export const MANAGEMENT_URL = 'https://management.azure.com'

/** A command line that has to renew a login takes some seconds. One that waits for a person would wait for ever. */
const PROCESS_TIMEOUT_MS = 60_000

/**
 * A token that reads from Azure Resource Manager: the login of `azd`, else of `az`. An address on this machine is a
 * stand-in, and never gets a real one.
 * @throws CommandFailure LOGIN_NEEDED, when it is called
 */
export function managementLogin(url: string, tenantId: string | undefined): () => Promise<string> {
  if (isThisMachine(new URL(url).hostname)) return () => Promise.resolve('stand-in')
  return async () => {
    try {
      // Loaded here, since other commands do without it.
      const { AzureCliCredential, AzureDeveloperCliCredential, ChainedTokenCredential } =
        await import('@azure/identity')
      const options = {
        processTimeoutInMs: PROCESS_TIMEOUT_MS,
        ...(tenantId === undefined ? {} : { tenantId }),
      }
      const chain = new ChainedTokenCredential(
        new AzureDeveloperCliCredential(options),
        new AzureCliCredential(options),
      )
      return (await chain.getToken(`${url}/.default`)).token
    } catch (error) {
      const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
      throw new CommandFailure(
        'LOGIN_NEEDED',
        `Neither azd nor az gives a token for ${url}: ${reason} Run: azd auth login`,
        { cause: error },
      )
    }
  }
}
