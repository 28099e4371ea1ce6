/**
 * Attacks on the places that long requests hold. One tenant takes as many places as it can get; the attack checks
 * whether another tenant is still served. Every attack ends its requests before the next attack begins.
 */
import type { AttackFinding, AttackPart } from '../part.ts'
import { ANSWERED_WITHIN_MS } from './attack.ts'
import type { HeldPlacesAttack } from './attack.ts'
import { exportsThatNeverEnd } from './exports.ts'
import { floodOfReads } from './flood.ts'
import { callerOf, cameTrue } from './requests.ts'
import type { Caller } from './requests.ts'
import { uploadsOfBlankLines } from './uploads.ts'
import { viewsAndPolls } from './views-and-polls.ts'

const attacks: readonly HeldPlacesAttack[] = [
  viewsAndPolls,
  exportsThatNeverEnd,
  uploadsOfBlankLines,
  floodOfReads,
]

export const heldPlaces: AttackPart = {
  name: 'held-places',
  async run(target) {
    const tenants = {
      greedy: await callerOf(target, 'attack-greedy'),
      quiet: await callerOf(target, 'attack-quiet'),
    }
    await Promise.all([append(tenants.greedy), append(tenants.quiet)])
    const findings: AttackFinding[] = []
    for (const attack of attacks) {
      findings.push(...(await attack(tenants, target)))
      // Requests that are still open would be counted in the next attack.
      const isQuiet = await cameTrue(async () => (await target.openInvocations()) === 0, ANSWERED_WITHIN_MS)
      if (!isQuiet) throw new Error('requests that were left by their clients stay open')
    }
    return findings
  },
}

async function append(caller: Caller): Promise<void> {
  const { status } = await caller.call('/api/streams/small/events', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"type":"Small","data":{"n":1}}',
  })
  if (status !== 201) throw new Error(`An append was answered ${status}.`)
}
