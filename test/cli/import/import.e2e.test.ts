import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import {
  begin,
  homeFolder,
  killNow,
  START_LIMIT_MS,
  statusOf,
  trickle,
  until,
} from '../../local/run/support.ts'
import { seedHome } from '../../support/seed-home.ts'
import { Inspection } from './inspection.ts'

const OWNERS = 600
const EVENTS_OF_OWNER = 20
const COUNT = OWNERS * EVENTS_OF_OWNER

/** Lines as GitHub's archive has them, made here: every owner has three repositories, and events in turn. */
function githubLines(firstId: number): string {
  return Array.from({ length: COUNT }, (_, index) => {
    const owner = index % OWNERS
    const second = String(Math.floor(index / 100) % 60).padStart(2, '0')
    return `${JSON.stringify({
      id: String(firstId + index),
      dt: `2015-02-22T22:00:${second}Z`,
      repo: `Owner-${owner}/repo-${Math.floor(index / OWNERS) % 3}`,
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
  }, START_LIMIT_MS)

  const inspection = new Inspection(home)

  /** The server still writes what it had received of a request whose sender is gone. */
  async function settled(): Promise<number> {
    for (let before = await inspection.stored(); ;) {
      await delay(500)
      const now = await inspection.stored()
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
    const [facts] = await inspection.query(
      `select count(*)::int events, count(distinct tenant_id)::int tenants, count(distinct (tenant_id, stream_id))::int streams,
        count(distinct event_id)::int ids from trickle_events_log.events`,
    )
    expect(facts).toEqual({ events: COUNT, tenants: OWNERS, streams: OWNERS * 3, ids: COUNT })
    // Event ids grow with the lines of the file: versions must grow with them.
    const disorder = await inspection.query(
      `select 1 from (select event_id::bigint - lag(event_id::bigint) over (partition by tenant_id, stream_id order by version) step
        from trickle_events_log.events) s where step <= 0`,
    )
    expect(disorder).toEqual([])
  }

  test('everything starts', { timeout: START_LIMIT_MS }, async () => {
    writeFileSync(file, githubLines(2_598_000_000))
    await seedHome(home)
    const { code, error } = await trickle(...start)
    expect(`${code} ${error}`).toMatch(/^0 /u)
  })

  test('the import is killed in the middle, and the functions host in the middle of the next', async () => {
    const { background } = await statusOf(home)
    const first = begin(...command)
    await inspection.inTheMiddle(1, async () => {
      killNow(first.child.pid)
      await first.outcome
    })
    // All of it may be there by now: how much the server had received is no matter of this test.
    const before = await settled()

    const second = begin(...command)
    await inspection.inTheMiddle(Math.min(before + 1, COUNT), () => killNow(background?.hostPid))
    const { code, out, error } = await second.outcome
    expect(`${code} ${error}`).toMatch(/^0 /u)
    // The ledger decides: whether the import noticed that the host was away is a matter of time.
    const counts = JSON.parse(out) as Record<string, number>
    expect(counts).toMatchObject({ read: COUNT, rejected: 0, skipped: 0 })
    expect((counts['appended'] ?? 0) + (counts['duplicates'] ?? 0)).toBe(COUNT)
    await expectWholeStore()
  })

  test('a second import adds nothing, also when it was killed and its progress deleted', async () => {
    const killed = begin(...command)
    const imports = join(home, 'imports')
    await until('the import has begun, or is through', () =>
      killed.child.exitCode !== null || existsSync(imports) ? true : undefined,
    )
    killed.child.kill('SIGKILL')
    await killed.outcome
    rmSync(imports, { recursive: true, force: true })
    expect(await imported()).toMatchObject({
      read: COUNT,
      appended: 0,
      duplicates: COUNT,
      rejected: 0,
      skipped: 0,
    })
    await expectWholeStore()
  })

  test('analytics has every event once, as many of each tenant', async () => {
    const ask = async (kql: string): Promise<Record<string, unknown>[]> => {
      const { out } = await trickle('analytics', kql, '--json', '--home', home)
      return JSON.parse(out) as Record<string, unknown>[]
    }
    const rows = await until('analytics has everything', async () => {
      const found = await ask('EventsRaw | summarize Rows = count() by TenantId, EventId')
      return found.length >= COUNT ? found : undefined
    })
    expect(rows).toHaveLength(COUNT)
    expect(rows.filter((row) => row['Rows'] !== 1)).toEqual([])
    const perTenant = Map.groupBy(rows, (row) => row['TenantId'])
    expect(perTenant.size).toBe(OWNERS)
    for (const some of perTenant.values()) expect(some).toHaveLength(EVENTS_OF_OWNER)
  })

  test(
    'after a start with --fresh nothing is left out, whatever the progress says',
    { timeout: START_LIMIT_MS },
    async () => {
      writeFileSync(file, githubLines(3_000_000_000))
      const first = begin(...command)
      await inspection.inTheMiddle(COUNT + 1_500, () => first.child.kill('SIGINT'))
      expect(await first.outcome).toMatchObject({
        code: 1,
        error: expect.stringMatching(/\n\d+ are done/u) as string,
      })
      await trickle('stop', '--home', home)
      const started = await trickle(...start, '--fresh')
      expect(started.code).toBe(0)
      inspection.forget()
      expect(await imported()).toMatchObject({ read: COUNT, appended: COUNT, duplicates: 0 })
      await expectWholeStore()
    },
  )
})
