import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { homeFolder, START_LIMIT_MS, trickle } from '../../local/run/support.ts'
import { seedHome } from '../../support/seed-home.ts'
import { Inspection } from './inspection.ts'

/** The tests build on one another, since each start of everything costs seconds. */
describe('what the import and the demonstration tell', () => {
  const { home, remove } = homeFolder()
  const folder = mkdtempSync(join(tmpdir(), 'trickle-import-answers-'))
  const inspection = new Inspection(home)
  afterAll(async () => {
    await remove()
    rmSync(folder, { recursive: true })
  }, START_LIMIT_MS)

  test('everything starts', { timeout: START_LIMIT_MS }, async () => {
    const start = ['start', '--detach', '--home', home, '--port', '0', '--postgres-port', '0']
    await seedHome(home)
    const { code, error } = await trickle(...start)
    expect(`${code} ${error}`).toMatch(/^0 /u)
  })

  test('the server refuses single lines, with their number; the others are stored', async () => {
    const odd = join(folder, 'odd.ndjson')
    const event = (id: string, data: string): string =>
      `{"streamId":"odd","id":"${id}","type":"odd","data":${data}}`
    const lines = [
      event('1', '9007199254740993'),
      event('2', '12345678901234567890'),
      event('1', '0'),
      '{"streamId":"..","id":"3","type":"odd","data":1}',
      '{"streamId":"odd","id":"4","type":"odd","data":1,"colour":"red"}',
      '{"streamId":"odd","id":"5"',
      event('6', '"\\u0000"'),
    ]
    writeFileSync(odd, lines.join('\n'))
    const rejects = join(folder, 'rejects.ndjson')
    const { code, out } = await trickle(
      'import',
      odd,
      '--tenant',
      'acme',
      '--rejects',
      rejects,
      '--json',
      '--home',
      home,
    )
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({ read: 7, appended: 1, rejected: 6 })
    const reasons = readFileSync(rejects, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { line: number; code: string })
    expect(reasons.map(({ line, code: reason }) => [line, reason])).toEqual([
      [2, 'NUMBER_NOT_EXACT'],
      [3, 'EVENT_ID_EXISTS'],
      [4, 'INVALID_STREAM_ID'],
      [5, 'VALIDATION_FAILED'],
      [6, 'MALFORMED_JSON'],
      [7, 'INVALID_TEXT'],
    ])
    const [kept] = await inspection.query<{ data: string }>(
      "select data::text from trickle_events_log.events where stream_id = 'odd'",
    )
    expect(kept?.data).toBe('9007199254740993')
  })

  test('a tenant that is not there: the lines are rejected by it, and made with --create-tenants', async () => {
    const other = join(folder, 'other.ndjson')
    writeFileSync(other, '{"tenant":"nobody","streamId":"s","id":"1","type":"t","data":1}\n')
    const refused = await trickle('import', other, '--home', home)
    expect(refused.code).toBe(1)
    expect(refused.error).toMatch(/line 1: TENANT_UNKNOWN: .*--create-tenants/u)
    expect((await trickle('import', other, '--create-tenants', '--home', home)).code).toBe(0)
    const missing = await trickle('import', other, '--tenant', 'also-nobody', '--home', home)
    expect(missing.code).toBe(1)
    expect(missing.error).toContain('TENANT_UNKNOWN')
  })

  test('tenants are listed, suspended and resumed; imports into a suspended one are rejected', async () => {
    const other = join(folder, 'other.ndjson')
    const tenants = async (...words: string[]) => await trickle('tenants', ...words, '--json', '--home', home)
    expect(JSON.parse((await tenants('create', 'Zebra', '--name', 'Zebra Ltd')).out)).toMatchObject({
      slug: 'zebra',
      name: 'Zebra Ltd',
    })
    expect((await tenants('create', 'zebra')).code).toBe(1)
    expect(JSON.parse((await tenants('suspend', 'nobody')).out)).toMatchObject({ status: 'suspended' })
    const refused = await trickle('import', other, '--home', home)
    expect(refused.error).toContain('TENANT_SUSPENDED')
    expect(JSON.parse((await tenants('resume', 'nobody')).out)).toMatchObject({ status: 'active' })
    const { tenants: all } = JSON.parse((await tenants('list')).out) as { tenants: { slug: string }[] }
    expect(all.map(({ slug }) => slug)).toEqual(expect.arrayContaining(['acme', 'nobody', 'zebra']))
  })

  test('the demonstration: PostgreSQL and analytics have the same, and a second run adds nothing', async () => {
    const first = await trickle('demo', '--home', home)
    expect(`${first.code} ${first.out}`).toMatch(/^0 .*The same everywhere/su)
    const second = await trickle('demo', '--json', '--home', home)
    expect(second.code).toBe(0)
    const {
      import: counts,
      total,
      isEqual,
    } = JSON.parse(second.out) as {
      import: { read: number; appended: number; duplicates: number }
      total: { made: number; postgres: number; analytics: number }
      isEqual: boolean
    }
    expect(counts).toMatchObject({ appended: 0, duplicates: counts.read })
    expect(total).toEqual({ made: counts.read, postgres: counts.read, analytics: counts.read })
    expect(isEqual).toBe(true)
  })
})
