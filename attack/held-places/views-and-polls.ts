import type { AttackFinding } from '../part.ts'
import { ANSWERED_WITHIN_MS, ATTACKERS, describeAnswers, isShare } from './attack.ts'
import type { HeldPlacesAttack, Tenants } from './attack.ts'
import { cameTrue } from './requests.ts'
import type { Caller, OpenRequest } from './requests.ts'

/** One tenant may hold half of the eight long polls that an instance keeps waiting, or of the eight live views. */
const SHARE = 4

/** Long polls and live views of one tenant, all at once. */
export const viewsAndPolls: HeldPlacesAttack = async (tenants) => [
  await manyAtOnce('long polls', poll, null, tenants),
  await manyAtOnce('live views', view, 200, tenants),
]

const poll = (caller: Caller): OpenRequest => caller.send('/api/events?since=2999-01-01T00:00:00Z&wait=25')
const view = (caller: Caller): OpenRequest =>
  caller.send('/api/events', { headers: { accept: 'text/event-stream' } })

/** @param servedStatus status of a request that has a place; null: it is not answered while it has its place */
async function manyAtOnce(
  what: string,
  begin: (caller: Caller) => OpenRequest,
  servedStatus: number | null,
  { greedy, quiet }: Tenants,
): Promise<AttackFinding> {
  const attackers = Array.from({ length: ATTACKERS }, () => begin(greedy))
  await cameTrue(() => isShare(attackers, SHARE), ANSWERED_WITHIN_MS)
  const seen = describeAnswers(attackers)
  const others = Array.from({ length: SHARE }, () => begin(quiet))
  // A short read is sent after them. When it is answered, the instance has already decided about them.
  await quiet.call('/api/streams/small/events')
  const areServed = await cameTrue(
    () => others.every((other) => other.status() === servedStatus),
    ANSWERED_WITHIN_MS,
  )
  const holds = isShare(attackers, SHARE) && areServed
  const finding = {
    attack: `${ATTACKERS} ${what} of one tenant`,
    bar: `${SHARE} have a place, the others 429 with Retry-After; another tenant's ${SHARE} have theirs meanwhile`,
    seen: `${seen}; the other's: ${describeAnswers(others)}`,
    holds,
  }
  for (const request of [...attackers, ...others]) request.leave()
  return finding
}
