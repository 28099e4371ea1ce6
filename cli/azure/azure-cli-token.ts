import { CommandFailure } from '../frame/index.ts'

const GRAPH_SCOPE = 'https://graph.microsoft.com/.default'

/** `az` has to renew a login first, which takes some seconds. One that waits for a person would wait for ever. */
const PROCESS_TIMEOUT_MS = 60_000

/**
 * A token for Microsoft Graph, of the login of `az`.
 * @throws CommandFailure LOGIN_NEEDED
 */
export async function azureCliToken(): Promise<string> {
  try {
    // Loaded here, since every other command does without it.
    const { AzureCliCredential } = await import('@azure/identity')
    const credential = new AzureCliCredential({ processTimeoutInMs: PROCESS_TIMEOUT_MS })
    return (await credential.getToken(GRAPH_SCOPE)).token
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
    throw new CommandFailure(
      'LOGIN_NEEDED',
      `The Azure CLI gives no token for Microsoft Graph: ${reason} Install it (https://aka.ms/azure-cli) and run: az login`,
      { cause: error },
    )
  }
}
