import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { Database } from '../../../shared/postgres/index.ts'
import { createDatabase } from '../../support/database.ts'
import type { TestDatabase } from '../../support/database.ts'
import { one, sql } from './support.ts'

/** Stands for Entra ID: gives these passwords in turn, the last one for good. */
const source = { passwords: [] as string[], asked: 0, dropped: 0 }

vi.mock(import('../../../shared/postgres/entra.chunk.ts'), () => ({
  createTokenSource: () => ({
    password: () => {
      source.asked += 1
      return Promise.resolve(source.passwords[source.dropped] ?? '')
    },
    drop: () => {
      source.dropped += 1
    },
  }),
}))

let database: TestDatabase
beforeAll(async () => {
  database = await createDatabase()
})
afterAll(() => database.drop())
beforeEach(() => Object.assign(source, { asked: 0, dropped: 0 }))

/** A pool whose url has no password. */
function passwordless(): Database {
  const url = new URL(database.url('trickle_app'))
  url.password = ''
  return new Database({ url: url.href, connectionsMax: 2, statements: 'unnamed' })
}

describe('a login without a password', () => {
  it('takes a token for each new connection', async () => {
    source.passwords = ['app']
    const pool = passwordless()
    const sleeping = [pool.query(sql('select pg_sleep(0.05)')), pool.query(sql('select pg_sleep(0.05)'))]
    await Promise.all(sleeping)
    expect(await one(pool.query(sql('select current_user')))).toBe('trickle_app')
    expect(source).toMatchObject({ asked: 2, dropped: 0 })
    await pool.end()
  })

  it('forgets a token that was refused, and tries once with a new one', async () => {
    source.passwords = ['ended', 'app']
    const pool = passwordless()
    expect(await one(pool.query(sql('select 1')))).toBe('1')
    expect(source).toMatchObject({ asked: 2, dropped: 1 })
    await pool.end()
  })

  it('tells who is refused again at once', async () => {
    source.passwords = ['ended', 'wrong']
    const pool = passwordless()
    await expect(pool.query(sql('select 1'))).rejects.toMatchObject({
      code: 'INTERNAL',
      cause: { code: '28P01' },
    })
    expect(source).toMatchObject({ asked: 2 })
    await pool.end()
  })
})
