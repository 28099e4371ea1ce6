import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import {
  begin,
  homeFolder,
  killNow,
  startLimitMs,
  statusOf,
  trickle,
  until,
} from '../../local/run/support.ts'

const owners = 600
const eventsOfOwner = 20
const count = owners * eventsOfOwner

/** Lines as GitHub's archive has them, made here: every owner has three repositories, and events in turn. */
function githubLines(firstId: number): string {
  return Array.from({ length: count }, (_, index) => {
    const owner = index % owners
    const second = String(Math.floor(index / 100) % 60).padStart(2, '0')
    return `${JSON.stringify({
      id: String(firstId + index),
      dt: `2015-02-22T22:00:${second}Z`,
      repo: `Owner-${owner}/repo-${Math.floor(index / owners) % 3}`,
      type: index % 5 === 0 ? 'watch' : 'push',
      actor: `actor-${index % 97}`,
      commits: index % 4,
    })}\n`
  }).join('')
}

/** The tests build on one another, since each start of everything costs seconds. */
describe('the import into the local run', () => {
  const { home, remove } = homeFolder()
  const folder = mkdtempSync(join(tmpdir(), 'trickle-import-e2e-'))
  const file = join(folder, 'github.ndjson')
  const start = ['start', '--detach', '--home', home, '--port', '0', '--postgres-port', '0']
  const command = [
    'import',
    file,
    '--map',
    'examples/github-events.mjs',
    '--create-tenants',
    '--json',
    '--home',
    home,
  ]
  afterAll(async () => {
    await remove()
    rmSync(folder, { recursive: true })
  }, startLimitMs)

  let inspectorUrl: string | undefined
  async function query<T>(text: string): Promise<T[]> {
    inspectorUrl ??= (await statusOf(home)).postgres?.inspector
    const client = new Client({ connectionString: inspectorUrl })
    await client.connect()
    try {
      const { rows } = await client.query(text)
      return rows as T[]
    } finally {
      await client.end()
    }
  }

  async function stored(): Promise<number> {
    const [row] = await query<{ n: number }>('select count(*)::int n from trickle_events_log.events')
    return row?.n ?? 0
  }

  /** Looks often: what follows shall happen in the middle of an import. */
  async function untilStored(events: number): Promise<void> {
    inspectorUrl ??= (await statusOf(home)).postgres?.inspector
    // One connection for all looks: on a busy machine a login takes longer than what is being watched.
    const client = new Client({ connectionString: inspectorUrl })
    await client.connect()
    try {
      for (;;) {
        const { rows } = await client.query<{ n: number }>(
          'select count(*)::int n from trickle_events_log.events',
        )
        if ((rows[0]?.n ?? 0) >= events) return
        await delay(5)
      }
    } finally {
      await client.end()
    }
  }

  /** The server still writes what it had received of a request whose sender is gone. */
  async function settled(): Promise<number> {
    for (let before = await stored(); ;) {
      await delay(500)
      const now = await stored()
      if (now === before) return now
      before = now
    }
  }

  async function imported(): Promise<Record<string, number>> {
    const { code, out, error } = await trickle(...command)
    expect(`${code} ${error}`).toMatch(/^0 /u)
    return JSON.parse(out) as Record<string, number>
  }

  async function expectWholeStore(): Promise<void> {
    const [facts] = await query(
      `select count(*)::int events, count(distinct tenant_id)::int tenants, count(distinct (tenant_id, stream_id))::int streams,
        count(distinct event_id)::int ids from trickle_events_log.events`,
    )
    expect(facts).toEqual({ events: count, tenants: owners, streams: owners * 3, ids: count })
    // Event ids grow with the lines of the file: versions must grow with them.
    const disorder = await query(
      `select 1 from (select event_id::bigint - lag(event_id::bigint) over (partition by tenant_id, stream_id order by version) step
        from trickle_events_log.events) s where step <= 0`,
    )
    expect(disorder).toEqual([])
  }

  test('everything starts', { timeout: startLimitMs }, async () => {
    writeFileSync(file, githubLines(2_598_000_000))
    const { code, error } = await trickle(...start)
    expect(`${code} ${error}`).toMatch(/^0 /u)
  })

  test(
    'the import is killed in the middle, and the functions host in the middle of the next',
    { timeout: 120_000 },
    async () => {
      const { hostPid } = await statusOf(home)
      const first = begin(...command)
      await untilStored(1)
      killNow(first.child.pid)
      await first.outcome
      const before = await settled()
      expect(before).toBeLessThan(count)

      const second = begin(...command)
      await untilStored(before + 1)
      killNow(hostPid)
      const { code, out, error } = await second.outcome
      expect(`${code} ${error}`).toMatch(/^0 /u)
      expect(error).toContain('Trying again')
      const counts = JSON.parse(out) as Record<string, number>
      expect(counts).toMatchObject({ read: count, rejected: 0, skipped: 0 })
      expect((counts['appended'] ?? 0) + (counts['duplicates'] ?? 0)).toBe(count)
      await expectWholeStore()
    },
  )

  test(
    'a second import adds nothing, also when it was killed and its progress deleted',
    { timeout: 120_000 },
    async () => {
      const killed = begin(...command)
      await delay(1_500)
      killed.child.kill('SIGKILL')
      await killed.outcome
      rmSync(join(home, 'imports'), { recursive: true, force: true })
      expect(await imported()).toMatchObject({
        read: count,
        appended: 0,
        duplicates: count,
        rejected: 0,
        skipped: 0,
      })
      await expectWholeStore()
    },
  )

  test('analytics has every event once, as many of each tenant', { timeout: 120_000 }, async () => {
    const ask = async (kql: string): Promise<Record<string, unknown>[]> => {
      const { out } = await trickle('analytics', kql, '--json', '--home', home)
      return JSON.parse(out) as Record<string, unknown>[]
    }
    const rows = await until('analytics has everything', async () => {
      const found = await ask('EventsRaw | summarize Rows = count() by TenantId, EventId')
      return found.length >= count ? found : undefined
    })
    expect(rows).toHaveLength(count)
    expect(rows.filter((row) => row['Rows'] !== 1)).toEqual([])
    const perTenant = Map.groupBy(rows, (row) => row['TenantId'])
    expect(perTenant.size).toBe(owners)
    for (const some of perTenant.values()) expect(some).toHaveLength(eventsOfOwner)
  })

  test(
    'after a start with --fresh nothing is left out, whatever the progress says',
    { timeout: startLimitMs },
    async () => {
      writeFileSync(file, githubLines(3_000_000_000))
      const first = begin(...command)
      await untilStored(count + 1_500)
      first.child.kill('SIGINT')
      expect(await first.outcome).toMatchObject({
        code: 1,
        error: expect.stringMatching(/\n[1-9]\d* are done/u) as string,
      })
      await trickle('stop', '--home', home)
      const started = await trickle(...start, '--fresh')
      expect(started.code).toBe(0)
      inspectorUrl = undefined
      expect(await imported()).toMatchObject({ read: count, appended: count, duplicates: 0 })
      await expectWholeStore()
    },
  )

  test(
    'the server refuses single lines, with their number; the others are stored',
    { timeout: 60_000 },
    async () => {
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
      const [kept] = await query<{ data: string }>(
        "select data::text from trickle_events_log.events where stream_id = 'odd'",
      )
      expect(kept?.data).toBe('9007199254740993')
    },
  )

  test(
    'a tenant that is not there: the lines are rejected by it, and made with --create-tenants',
    { timeout: 60_000 },
    async () => {
      const other = join(folder, 'other.ndjson')
      writeFileSync(other, '{"tenant":"nobody","streamId":"s","id":"1","type":"t","data":1}\n')
      const refused = await trickle('import', other, '--home', home)
      expect(refused.code).toBe(1)
      expect(refused.error).toMatch(/line 1: TENANT_UNKNOWN: .*--create-tenants/u)
      expect((await trickle('import', other, '--create-tenants', '--home', home)).code).toBe(0)
      const missing = await trickle('import', other, '--tenant', 'also-nobody', '--home', home)
      expect(missing.code).toBe(1)
      expect(missing.error).toContain('TENANT_UNKNOWN')
    },
  )

  test(
    'tenants are listed, suspended and resumed; imports into a suspended one are rejected',
    { timeout: 60_000 },
    async () => {
      const other = join(folder, 'other.ndjson')
      const tenants = async (...words: string[]) =>
        await trickle('tenants', ...words, '--json', '--home', home)
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
      expect(all.map(({ slug }) => slug)).toEqual(
        expect.arrayContaining(['acme', 'nobody', 'owner-0', 'zebra']),
      )
    },
  )

  test(
    'the demonstration: PostgreSQL and analytics have the same, and a second run adds nothing',
    { timeout: 120_000 },
    async () => {
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
    },
  )
})
