import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDatabase } from '../support/database.ts'
import type { TestDatabase } from '../support/database.ts'
import { breaches } from './catalog-breaches.ts'
import { functionRules } from './function-rules.ts'
import { tableRules } from './table-rules.ts'

const rules = [...tableRules, ...functionRules]

let database: TestDatabase
let admin: Client

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
})
afterAll(() => database.drop())

/** Runs in a transaction that is always rolled back. */
async function undone<T>(work: () => Promise<T>): Promise<T> {
  await admin.query('begin')
  try {
    return await work()
  } finally {
    await admin.query('rollback')
  }
}

describe('the schema', () => {
  it.each(rules)('keeps the rule: $name', async (rule) => {
    expect(await undone(() => rule.find(admin))).toEqual([])
  })
})

describe('each rule finds what breaks it', () => {
  it('has a breach for every rule, and none for a rule that is gone', () => {
    expect(Object.keys(breaches).sort()).toEqual(rules.map((rule) => rule.name).sort())
  })

  it.each(rules)('$name', async (rule) => {
    for (const [sql, found] of breaches[rule.name] ?? []) {
      const findings = await undone(async () => {
        await admin.query(sql)
        return rule.find(admin)
      })
      expect({ sql, found: findings.filter((finding) => finding.includes(found)).length > 0 }).toEqual({
        sql,
        found: true,
      })
    }
  })
})
