import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PostgresEventStore } from '../../../../shared/event-store/index.ts'
import type { ReservedName } from '../../../../shared/event-store/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { createDatabase } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'
import { appendOf, codeOfRefusal } from '../support.ts'

let database: TestDatabase
let store: PostgresEventStore
let acme: TenantContext
let bolt: TenantContext

beforeAll(async () => {
  database = await createDatabase()
  store = new PostgresEventStore(database.pool('trickle_app', 8))
  acme = await database.tenant('acme')
  bolt = await database.tenant('bolt')
})
afterAll(() => database.drop())

const email = (value: string): ReservedName[] => [{ set: 'email', value }]

describe('reserved names', () => {
  it('one of many that want a name at once gets it, and the others learn who has it', async () => {
    for (let round = 0; round < 10; round += 1) {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 8 }, (_, index) =>
          store.append(acme, appendOf(`race-${round}-${index}`, { reservations: email(`race-${round}`) })),
        ),
      )
      const [winner, ...more] = outcomes.flatMap((outcome) =>
        outcome.status === 'fulfilled' ? [outcome.value] : [],
      )
      expect(more).toEqual([])
      for (const outcome of outcomes.filter(({ status }) => status === 'rejected')) {
        expect(outcome).toMatchObject({
          reason: { code: 'NAME_TAKEN', extensions: { holder: winner?.streamId } },
        })
      }
    }
  })

  it('belong to their tenant and their set', async () => {
    await store.append(acme, appendOf('a', { reservations: email('shared') }))
    await store.append(bolt, appendOf('b', { reservations: email('shared') }))
    await store.append(acme, appendOf('c', { reservations: [{ set: 'login', value: 'shared' }] }))
    await store.append(acme, appendOf('d', { reservations: email('Shared') }))
    expect(await codeOfRefusal(store.append(bolt, appendOf('x', { reservations: email('shared') })))).toBe(
      'NAME_TAKEN',
    )
  })

  it('are free again after their release, for the first that asks', async () => {
    await store.append(acme, appendOf('first', { reservations: email('free') }))
    await store.append(acme, appendOf('first', { reservations: email('free') }))
    await store.append(acme, appendOf('first', { releases: email('free'), reservations: email('other') }))
    await store.append(acme, appendOf('second', { reservations: email('free') }))
    expect(await codeOfRefusal(store.append(acme, appendOf('first', { releases: email('free') })))).toBe(
      'NAME_NOT_HELD',
    )
    expect(await store.streamInfo(acme, 'first')).toMatchObject({ version: 3 })
  })

  it('give a repeated append the first answer, by ids and by key, also after a release', async () => {
    const taking = appendOf('again', {
      events: [{ id: 'again-1', type: 'Noted', data: 1 }],
      reservations: email('again'),
    })
    const giving = appendOf('again', {
      events: [{ type: 'Noted', data: 2 }],
      releases: email('again'),
      idempotency: { key: 'again-2', fingerprint: Buffer.from('f') },
    })
    const first = await store.append(acme, taking)
    expect(await store.append(acme, taking)).toMatchObject({ replayed: true, version: first.version })
    const second = await store.append(acme, giving)
    expect(await store.append(acme, giving)).toMatchObject({ replayed: true, version: second.version })
    await store.append(acme, appendOf('new-holder', { reservations: email('again') }))
    expect(await store.append(acme, taking)).toMatchObject({ replayed: true, version: first.version })
  })

  it.each([
    ['twice', { reservations: [...email('x'), ...email('x')] }],
    ['taken and given up by one stream', { reservations: email('x'), releases: email('x') }],
    [
      'too many',
      { reservations: Array.from({ length: 101 }, (_, index) => ({ set: 's', value: `${index}` })) },
    ],
  ])('are refused when they are %s', async (_what, names) => {
    expect(await codeOfRefusal(store.append(acme, appendOf('refused', names)))).toBe('VALIDATION_FAILED')
    expect(await codeOfRefusal(store.streamInfo(acme, 'refused'))).toBe('STREAM_NOT_FOUND')
  })
})
