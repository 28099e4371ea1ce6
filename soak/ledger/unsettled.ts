import type { Command } from '../plan/index.ts'
import { readLedger } from './ledger.ts'

const ENDS_FOR_GOOD = new Set(['answered', 'refused', 'aborted', 'wrong'])

/**
 * After a writer process was killed: how many commands it had made, and which commands have an unknown outcome, its own
 * and those that other processes had handed over to it. A command without ids and key is left out: sending it again
 * could write its events twice.
 */
export async function readKilledLedger(
  path: string,
  handedOver: readonly Command[],
): Promise<{ made: number; unsettled: Command[] }> {
  const open = new Map(handedOver.map((command) => [command.id, command]))
  let made = 0
  for await (const entry of readLedger(path)) {
    if (entry[0] === 'sent') {
      made += 1
      open.set(entry[1].id, entry[1])
    } else if (ENDS_FOR_GOOD.has(entry[0])) open.delete(entry[1])
  }
  return { made, unsettled: [...open.values()].filter(({ identity }) => identity !== 'none') }
}
