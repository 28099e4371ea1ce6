import { mkdtempSync, chmodSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { withClient } from '../../../database/index.ts'
import { clearServer, startServer, startTestServer } from '../../../local/postgres/index.ts'
import type { RunningServer } from '../../../local/postgres/index.ts'
import { restartServers } from '../../../infra/hooks/database/index.ts'
import { createReport } from '../../../infra/hooks/index.ts'
import { eventually } from '../../support/eventually.ts'
import { environmentOf, makeLikeAzure, runHookOn } from './azure-server.ts'
import { startManagement } from './management-stand-in.ts'

let folder: string
let server: RunningServer
let management: Awaited<ReturnType<typeof startManagement>>

async function start(): Promise<void> {
  server = await startServer({ dataFolder: folder, port: server?.port ?? 0, durable: false })
}

/** What Azure does: the same server, on the same address. */
async function restart(): Promise<void> {
  await server.stop()
  await start()
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trickle-hooks-'))
  // Under root the server runs as another account, which has to pass.
  chmodSync(folder, 0o711)
  await start()
  await makeLikeAzure(server.adminUrl)
  management = await startManagement()
})
afterEach(() => {
  management.requests.length = 0
})
afterAll(async () => {
  await management.close()
  await server.stop()
  await clearServer(folder)
})

let connections = 100

/** Sets a static parameter; it waits for a restart. */
async function setStatic(adminUrl = server.adminUrl): Promise<void> {
  connections += 1
  await withClient(adminUrl, (client) => client.query(`alter system set max_connections = ${connections}`))
  await withClient(adminUrl, (client) => client.query('select pg_reload_conf()'))
  // The server reads its files a moment after it was told to.
  await eventually(async () => {
    const { rowCount } = await withClient(adminUrl, (client) =>
      client.query('select from pg_settings where pending_restart'),
    )
    return rowCount
  }).toBe(1)
}

const environment = (changes: Readonly<Record<string, string>> = {}) =>
  environmentOf(server.adminUrl, { TRICKLE_HOOK_MANAGEMENT_URL: management.url, ...changes })

const restarted = () => management.requests.map(({ path }) => path.replace(/^.*flexibleServers\//, ''))

async function maxConnections(): Promise<number> {
  const { rows } = await withClient(server.adminUrl, (client) =>
    client.query<{ n: number }>("select current_setting('max_connections')::int as n"),
  )
  return rows[0]?.n ?? 0
}

describe('a restart', () => {
  it('is not asked for when nothing waits for one', async () => {
    const { text } = await runHookOn(environment())
    expect(text).toMatch(/restart +unchanged +pg-1: no static parameter waits for one/)
    expect(restarted()).toEqual([])
  })

  it('is asked for once when a static parameter waits, and the run goes on after it', async () => {
    await setStatic()
    management.plan({ effect: restart, polls: 2 })
    const { text } = await runHookOn(environment())
    expect(text).toContain('pg-1 restarts now, for max_connections; its connections end')
    expect(text).toMatch(/restart +changed +pg-1 answers again, with max_connections in effect/)
    expect(restarted()).toEqual(['pg-1/restart'])
    expect(await maxConnections()).toBe(connections)
    expect((await runHookOn(environment())).changes).toBe(0)
    expect(restarted()).toEqual(['pg-1/restart'])
  })

  it('waits for the server when Azure says it is done a little early', async () => {
    await setStatic()
    let coming: Promise<void> | undefined
    management.plan({
      polls: 0,
      effect: async () => {
        await server.stop()
        coming = new Promise<void>((resolve) => {
          setTimeout(resolve, 1_500)
        }).then(start)
      },
    })
    const { text } = await runHookOn(environment())
    await coming
    expect(text).toContain('max_connections in effect')
  })

  it('that fails is told; the next run comes to the good end', async () => {
    await setStatic()
    management.plan({ outcome: 'Failed' })
    await expect(runHookOn(environment())).rejects.toMatchObject({
      code: 'MANAGEMENT_FAILED',
      message: expect.stringContaining('InternalServerError it broke') as string,
    })
    management.plan({ effect: restart })
    expect((await runHookOn(environment())).changes).toBe(1)
  })

  it('without effect is told', async () => {
    await setStatic()
    await expect(runHookOn(environment())).rejects.toMatchObject({
      code: 'RESTART_WITHOUT_EFFECT',
      message: 'After the restart these parameters still wait: max_connections.',
    })
    await restart()
  })

  it('can be put off', async () => {
    await setStatic()
    const { text } = await runHookOn(environment({ TRICKLE_HOOK_RESTART: 'never' }))
    expect(text).toMatch(/restart +WARNING +pg-1: max_connections wait for one/)
    expect(restarted()).toEqual([])
    await restart()
  })

  it('says which parameters are not the template’s', async () => {
    await setStatic()
    management.plan({ effect: restart })
    const { text } = await runHookOn(environment({ POSTGRES_PENDING_RESTART_PARAMETERS: 'wal_level' }))
    expect(text).toContain("for max_connections (not the template's: max_connections)")
  })

  it('of replicas comes after that of their primary, and one that can not be asked is told', async () => {
    // Servers of their own stand for the replicas: only who is asked, and in which order, is looked at.
    const second = await startTestServer()
    const primary = { name: 'pg-1', url: server.adminUrl, isPrivate: false }
    const replica = { ...primary, name: 'pg-1-reads', url: second.adminUrl }
    const gone = { ...primary, name: 'pg-1-far', url: 'postgres://postgres:none@127.0.0.1:1' }
    await setStatic()
    await setStatic(second.adminUrl)
    const lines: string[] = []
    const asked: string[] = []
    const run = (pending: readonly string[], effect: () => Promise<void>) =>
      restartServers(primary, pending, [gone, replica], {
        restart: {
          restart(name) {
            asked.push(name)
            return name === 'pg-1' ? effect() : Promise.resolve()
          },
        },
        report: createReport((line) => lines.push(line)),
        ofTemplate: [],
        mayRestart: true,
        waitMs: 2_000,
      })
    await expect(run(['max_connections'], restart)).rejects.toMatchObject({
      code: 'RESTART_WITHOUT_EFFECT',
      where: 'restart pg-1-reads',
    })
    expect(asked).toEqual(['pg-1', 'pg-1-reads'])
    expect(lines.join('\n')).toMatch(/WARNING +pg-1-far was not asked whether it needs one: NO_ROUTE/)
    await second.dispose()
  })

  it('of replicas is looked for in the names of the template', async () => {
    const { text } = await runHookOn(environment({ POSTGRES_REPLICA_NAMES: 'pg-1-reads, pg-1-reports' }))
    expect(text).toContain('pg-1-reads: no static parameter waits for one')
    expect(text).toContain('pg-1-reports: no static parameter waits for one')
  })
})

describe('a read replica', () => {
  it('is refused with what to do', async () => {
    await server.stop()
    const signal = join(server.dataFolder, 'standby.signal')
    writeFileSync(signal, '')
    await start()
    await expect(runHookOn(environment())).rejects.toMatchObject({
      code: 'DATABASE_IS_REPLICA',
      mend: expect.stringContaining('POSTGRES_SERVER_NAME <primary>') as string,
    })
  })
})
