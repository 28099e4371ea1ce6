import type { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  checkConsistency,
  CurrentEpoch,
  SealKeys,
  PostgresEventStore,
} from '../../../../shared/event-store/index.ts'
import type { ConsistencyBasis } from '../../../../shared/event-store/index.ts'
import type { Database } from '../../../../shared/postgres/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { createDatabase } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'
import { appendOf } from '../support.ts'
import { TokenTools } from '../tokens/token-tools.ts'

let database: TestDatabase
let admin: Client
let app: Database
let acme: TenantContext
let nowMs = 0
let basis: ConsistencyBasis
let tools: TokenTools

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  app = database.pool('trickle_app')
  acme = await database.tenant('acme')
  tools = await TokenTools.of(database)
})
afterAll(() => database.drop())
beforeEach(async () => {
  await admin.query('delete from trickle_events_log.epochs where ordinal > 1')
  nowMs = 0
  basis = await basisOf()
})

/** As an instance has it that knows the keys and has not asked for the epoch. */
async function basisOf(): Promise<ConsistencyBasis> {
  const sealKeys = new SealKeys(app)
  await sealKeys.recent()
  return { currentEpoch: new CurrentEpoch(app, () => nowMs), sealKeys }
}

const append = async (): Promise<string> => {
  const { consistencyToken } = await new PostgresEventStore(app).append(acme, appendOf('s'))
  return consistencyToken
}
const beginEpoch = () => admin.query("insert into trickle_events_log.epochs (reason) values ('a restore')")

describe('a consistency token', () => {
  it('that is absent asks nobody', async () => {
    const query = vi.spyOn(app, 'query')
    expect(await checkConsistency(basis, acme, undefined)).toBeNull()
    expect(query).not.toHaveBeenCalled()
    query.mockRestore()
  })

  it('of the current epoch is taken, and asks the database once in 5 seconds', async () => {
    const token = await append()
    const query = vi.spyOn(app, 'query')
    const points = await Promise.all([
      checkConsistency(basis, acme, token),
      checkConsistency(basis, acme, token),
    ])
    expect(points.map((point) => point?.version)).toEqual([1n, 1n])
    nowMs = 4_999
    await checkConsistency(basis, acme, token)
    expect(query).toHaveBeenCalledTimes(1)
    nowMs = 5_000
    await checkConsistency(basis, acme, token)
    expect(query).toHaveBeenCalledTimes(2)
    query.mockRestore()
  })

  it('of an ended epoch is refused after 5 seconds at the latest', async () => {
    const token = await append()
    await checkConsistency(basis, acme, token)
    await beginEpoch()
    nowMs = 5_000
    await expect(checkConsistency(basis, acme, token)).rejects.toMatchObject({
      code: 'EPOCH_ENDED',
      status: 410,
    })
    await expect(checkConsistency(await basisOf(), acme, token)).rejects.toMatchObject({
      code: 'EPOCH_ENDED',
    })
  })

  it('of a new epoch is taken at once, by an instance that has not heard of it', async () => {
    const first = await append()
    await checkConsistency(basis, acme, first)
    await beginEpoch()
    const second = await append()
    expect(await checkConsistency(basis, acme, second)).not.toBeNull()
    await expect(checkConsistency(basis, acme, first)).rejects.toMatchObject({ code: 'EPOCH_ENDED' })
  })

  it('of another tenant, or of no form, is refused without asking', async () => {
    const other = await database.tenant('other')
    const token = tools.consistencyToken(other, {
      epoch: '6ba7b810-9dad-41d1-80b4-00c04fd430c8',
      xid: 1n,
      version: 1n,
      timeline: 1,
    })
    const query = vi.spyOn(app, 'query')
    for (const bad of [token, 'x', ''])
      await expect(checkConsistency(basis, acme, bad)).rejects.toMatchObject({ code: 'INVALID_CURSOR' })
    expect(query).not.toHaveBeenCalled()
    query.mockRestore()
  })

  it('is not judged while the database is away: the read would fail as well', async () => {
    const token = await append()
    const query = vi.spyOn(app, 'query').mockRejectedValueOnce(new Error('away'))
    await expect(checkConsistency(basis, acme, token)).rejects.toThrow('away')
    query.mockRestore()
    expect(await checkConsistency(basis, acme, token)).not.toBeNull()
  })
})
