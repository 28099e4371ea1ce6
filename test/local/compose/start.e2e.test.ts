import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { startTestServer } from '../../../local/postgres/index.ts'
import { query } from '../postgres/support.ts'
import { begin, homeFolder, START_LIMIT_MS, statusOf, trickle, until } from '../run/support.ts'
import { hasPgBouncer, requirePgBouncer, startPgBouncerWith } from '../../support/pgbouncer.ts'

const root = join(import.meta.dirname, '../../..')
const ini = readFileSync(join(root, 'local/compose/pgbouncer.ini'), 'utf8')
const compose = parse(readFileSync(join(root, 'compose.yaml'), 'utf8')) as {
  services: { postgres: { command: string[] } }
}

/** What comes after each `-c`. */
const settings = Object.fromEntries(
  compose.services.postgres.command
    .filter((word) => word.includes('='))
    .map((word): [string, string] => [word.split('=')[0] ?? '', word.split('=')[1] ?? '']),
)

requirePgBouncer('keeps-track')

/** What docs/local-run.md says of Docker, without Docker: the settings and the pooler's file are those of compose.yaml. */
describe.runIf(hasPgBouncer('keeps-track'))('npm start on the servers of compose.yaml', () => {
  const { home, remove } = homeFolder()
  const steps: (() => unknown)[] = [remove]
  afterAll(async () => {
    for (const step of steps) await step()
  }, START_LIMIT_MS)

  test('migrates past the pooler, and serves through it', { timeout: START_LIMIT_MS }, async () => {
    const server = await startTestServer({ settings })
    steps.push(() => server.dispose())
    const bouncer = await startPgBouncerWith(
      server.adminUrl,
      { ini, users: `"postgres" "${decodeURIComponent(new URL(server.adminUrl).password)}"\n` },
      'keeps-track',
    )
    steps.splice(1, 0, () => bouncer.stop())
    const via = new URL(bouncer.url(server.adminUrl)).host
    const words = ['--port', '0', '--postgres', server.adminUrl, '--postgres-via', via]
    const run = begin('start', '--home', home, ...words)
    const status = await until('it is ready', async () => {
      const seen = await statusOf(home)
      return seen.ready ? seen : undefined
    })
    const event = ['append', 'cart-1', '--type', 'ItemAdded', '--data', '{"sku":"A-1"}', '--home', home]
    expect(await trickle(...event)).toMatchObject({ code: 0 })
    expect((await trickle('read', 'cart-1', '--home', home)).out).toContain('ItemAdded')
    const shown = await query(status.postgres?.inspector ?? '', 'show effective_io_concurrency')
    expect(shown).toEqual([{ effective_io_concurrency: '200' }])
    run.child.kill('SIGINT')
    expect((await run.outcome).code).toBe(0)
  })
})
