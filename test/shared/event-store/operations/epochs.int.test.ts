import type { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { PostgresEventStore } from '../../../../shared/event-store/index.ts'
import type { EventStore, Checkpoint } from '../../../../shared/event-store/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { createDatabase } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'
import { feedSettled } from '../../../support/settled-feed.ts'
import { appendOf, readFeedUntil, versionsOf } from '../support.ts'
import { TokenTools } from '../tokens/token-tools.ts'

const EVENTS = 5

let database: TestDatabase
let admin: Client
let store: EventStore
let tools: TokenTools
let acme: TenantContext
let firstEpoch: string
/** Points after each of the five events of the log. */
let points: Checkpoint[]

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  store = new PostgresEventStore(database.pool('trickle_app'))
  tools = await TokenTools.of(database)
  acme = await database.tenant('acme')
  for (let n = 0; n < EVENTS; n += 1) await store.append(acme, appendOf('s'))
  await feedSettled(database.adminUrl)
  const { pages } = await readFeedUntil(store, acme, EVENTS, { limit: 1 })
  points = pages.filter((page) => page.events.length > 0).map((page) => tools.checkpointOf(acme, page.next))
  firstEpoch = points[0]?.epoch ?? ''
})
afterAll(() => database.drop())
beforeEach(() => admin.query('delete from trickle_events_log.epochs where ordinal > 1'))

const token = (point: Checkpoint, epoch = firstEpoch): string =>
  tools.checkpointToken(acme, { ...point, epoch })

function pointBehind(version: number): Checkpoint {
  const point = points[version - 1]
  if (point === undefined) throw new Error(`there is no event ${version}`)
  return point
}

async function beginEpoch(began: Checkpoint): Promise<string> {
  const { rows } = await admin.query<{ epoch: string }>(
    "insert into trickle_events_log.epochs (began_xid, began_position, reason) values ($1, $2, 'a restore') returning epoch",
    [began.xid, began.position],
  )
  return rows[0]?.epoch ?? ''
}

/** Reads on from where the refusal says, and gives the versions that come. */
async function versionsAfterRefusal(after: string): Promise<number[]> {
  const refusal: unknown = await store.readFeed(acme, { after, limit: 10 }).catch((error: unknown) => error)
  expect(refusal).toMatchObject({ code: 'EPOCH_ENDED', status: 410 })
  const { resumeAfter } = (refusal as { extensions: { resumeAfter: string } }).extensions
  return versionsAfter(resumeAfter)
}

const versionsAfter = async (after: string): Promise<number[]> =>
  versionsOf((await store.readFeed(acme, { after, limit: 10 })).events)

describe('a token of an ended epoch', () => {
  it('is refused, and leads on from where the new epoch began if it had gone further', async () => {
    await beginEpoch(pointBehind(2))
    expect(await versionsAfterRefusal(token(pointBehind(4)))).toEqual([3, 4, 5])
  })

  it('leads on from its own point if it had not come so far', async () => {
    await beginEpoch(pointBehind(4))
    expect(await versionsAfterRefusal(token(pointBehind(2)))).toEqual([3, 4, 5])
    expect(await versionsAfterRefusal(token(pointBehind(4)))).toEqual([5])
  })

  it('leads on from the earliest point at which an epoch after its own began, so that nothing is left out', async () => {
    const second = await beginEpoch(pointBehind(1))
    await beginEpoch(pointBehind(4))
    expect(await versionsAfterRefusal(token(pointBehind(3)))).toEqual([2, 3, 4, 5])
    expect(await versionsAfterRefusal(token(pointBehind(3), second))).toEqual([4, 5])
    expect(await versionsAfterRefusal(token(pointBehind(5), second))).toEqual([5])
  })

  it('of which the log knows nothing leads on from the earliest of all', async () => {
    await beginEpoch(pointBehind(3))
    await beginEpoch(pointBehind(2))
    await beginEpoch(pointBehind(4))
    const unknown = '6ba7b810-9dad-41d1-80b4-00c04fd430c8'
    expect(await versionsAfterRefusal(token(pointBehind(5), unknown))).toEqual([3, 4, 5])
  })
})

describe('a token of the new epoch', () => {
  it('is taken, and carries that epoch', async () => {
    const epoch = await beginEpoch(pointBehind(2))
    const after = token(pointBehind(3), epoch)
    expect(await versionsAfter(after)).toEqual([4, 5])
    const page = await store.readFeed(acme, { after, limit: 10 })
    expect(tools.checkpointOf(acme, page.next).epoch).toBe(epoch)
    const result = await store.append(acme, appendOf('other'))
    expect(tools.consistencyOf(acme, result.consistencyToken).epoch).toBe(epoch)
  })
})
