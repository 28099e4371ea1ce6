import { isIPv4 } from 'node:net'
import { HookFailure } from '../frame/failure.ts'
import type { Report } from '../frame/report.ts'
import type { ManagementClient } from './management.ts'

/** The template declares no rule of this name, so a rule that has it was left by a run that was killed. */
export const FIREWALL_RULE_NAME = 'trickle-hook'

/** Answers with the caller's public address as plain text, and nothing else. */
const ECHO_SERVICE = 'https://api.ipify.org'
const ECHO_TIMEOUT_MS = 10_000

/**
 * The public address of this machine.
 * @param given TRICKLE_CLIENT_ADDRESS: an IPv4 address, or undefined to ask a public echo service
 * @throws HookFailure NO_ROUTE
 */
export async function ownAddress(given: string | undefined, service = ECHO_SERVICE): Promise<string> {
  if (given !== undefined) return checked(given, 'TRICKLE_CLIENT_ADDRESS')
  try {
    const response = await fetch(service, { signal: AbortSignal.timeout(ECHO_TIMEOUT_MS) })
    return checked((await response.text()).trim(), service)
  } catch (error) {
    if (error instanceof HookFailure) throw error
    throw noAddress(service, error instanceof Error ? error.message : String(error))
  }
}

function checked(address: string, where: string): string {
  if (isIPv4(address)) return address
  throw noAddress(where, 'what it says is no IPv4 address')
}

const noAddress = (where: string, why: string): HookFailure =>
  new HookFailure({
    code: 'NO_ROUTE',
    what: `The server's firewall does not let this machine in, and its public address is not known: ${why}.`,
    where,
    mend: 'azd env set TRICKLE_CLIENT_ADDRESS <your public IPv4 address>, then azd hooks run postprovision',
  })

/**
 * Lets one address in while `work` runs, and closes the rule again however it ends, a signal included.
 * @throws whatever `work` throws; if the rule can't be removed, that is reported as a warning
 */
export async function withFirewallRule<T>(
  management: ManagementClient,
  server: string,
  address: string,
  report: Report,
  work: () => Promise<T>,
): Promise<T> {
  const close = async (): Promise<void> => {
    try {
      await management.deleteFirewallRule(server, FIREWALL_RULE_NAME)
      report.note('firewall', `rule ${FIREWALL_RULE_NAME} is gone again`)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      report.warn('firewall', `rule ${FIREWALL_RULE_NAME} is still there, delete it by hand: ${why}`)
    }
  }
  const onSignal = (): void => {
    void close().then(() => process.exit(130))
  }
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  try {
    await management.putFirewallRule(server, FIREWALL_RULE_NAME, address)
    report.note('firewall', `rule ${FIREWALL_RULE_NAME} lets ${address} in while this hook runs`)
    return await work()
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
    await close()
  }
}
