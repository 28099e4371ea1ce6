import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TrickleError } from '../../../shared/errors/index.ts'
import { createDatabase } from '../../support/database.ts'
import type { TestDatabase } from '../../support/database.ts'
import { one, sql } from './support.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await createDatabase()
})
afterAll(() => database.drop())

/** A transaction that has its connection until it is told to end. */
async function holdConnection(pool: ReturnType<TestDatabase['pool']>, work: 'short' | 'bulk') {
  let end: () => void = () => {}
  const released = new Promise<void>((resolve) => {
    end = resolve
  })
  let hasBegun: () => void = () => {}
  const begun = new Promise<void>((resolve) => {
    hasBegun = resolve
  })
  const transaction = pool.transaction(
    async (run) => {
      await run(sql('select 1'))
      hasBegun()
      await released
    },
    { work },
  )
  await begun
  return async () => {
    end()
    await transaction
  }
}

describe('a pool whose connections are all taken', () => {
  it("gives the next one to another tenant's only request before the rest of a flood", async () => {
    const pool = database.pool('trickle_app', 1)
    const letGo = await holdConnection(pool, 'short')
    const order: string[] = []
    const ask = async (turn: string): Promise<void> => {
      await pool.query(sql('select 1'), { turn, isRead: true })
      order.push(turn)
    }
    const flood = Array.from({ length: 50 }, () => ask('flood'))
    const asked = [...flood, ask('victim')]
    await letGo()
    await Promise.all(asked)
    expect(order.indexOf('victim')).toBe(1)
    expect(order).toHaveLength(51)
  })

  it('never has all of them taken by bulk work: short work is answered while two imports or exports hold on', async () => {
    const pool = database.pool('trickle_app', 2)
    const letGo = await holdConnection(pool, 'bulk')
    let isSecondDone = false
    const second = pool.query(sql('select 1'), { turn: 'a', work: 'bulk' }).then(() => {
      isSecondDone = true
    })
    for (const turn of ['a', 'b', 'a'])
      expect(await one(pool.query(sql('select 2'), { turn, isRead: true }))).toBe('2')
    expect(isSecondDone).toBe(false)
    await letGo()
    await second
  })

  it('has its connection back after every ending of the work on it', async () => {
    const pool = database.pool('trickle_app', 1)
    const failing = () => Promise.reject(new Error('the work failed'))
    await expect(pool.transaction(failing)).rejects.toMatchObject({ code: 'INTERNAL' })
    await expect(pool.query(sql('select 1 / 0'))).rejects.toMatchObject({ code: 'INTERNAL' })
    await expect(
      pool.query(sql('select pg_terminate_backend(pg_backend_pid())'), { work: 'bulk' }),
    ).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
    const ended = AbortSignal.abort(new TrickleError('DEADLINE_EXCEEDED', 'the time is over'))
    await expect(pool.query(sql('select 1'), { signal: ended })).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    })
    expect(await one(pool.query(sql('select 3')))).toBe('3')
    expect(await one(pool.query(sql('select 4'), { work: 'bulk' }))).toBe('4')
  })
})
