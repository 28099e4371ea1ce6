import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDatabase } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await createDatabase()
})
afterAll(() => database.drop())

describe('the secrets', () => {
  it.each(['trickle_operator', 'trickle_forwarder'] as const)('are not handed to %s', async (login) => {
    const client = await database.client(login)
    for (const sql of ['select trickle_events_log.seal_keys()', 'table trickle_events_log.seal_keys'])
      await expect(client.query(sql)).rejects.toMatchObject({ code: '42501' })
  })

  it.each(['trickle_app', 'trickle_worker'] as const)(
    'can be read by %s only by the one function',
    async (login) => {
      const client = await database.client(login)
      for (const sql of [
        'table trickle_events_log.seal_keys',
        "select trickle_events_log.add_seal_key('mine')",
        "select trickle_events_log.remove_seal_key('00000000')",
        'select from trickle_events_log.seal_key_states()',
        'select trickle_events_log.sealing_key_id(now())',
      ])
        await expect(client.query(sql)).rejects.toMatchObject({ code: '42501' })
    },
  )
})
