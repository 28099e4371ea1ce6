import { afterAll, beforeAll, expect, it } from 'vitest'
import { parseSettings } from '../../shared/config/index.ts'
import { leaseLocalRun } from '../support/leased-run.ts'
import type { LocalRun } from '../support/local-run.ts'
import { funcSettings } from '../../tools/func-settings.ts'
import { runSmoke } from '../../tools/smoke/index.ts'

let run: LocalRun

beforeAll(async () => {
  run = await leaseLocalRun()
})
afterAll(() => run?.stop())

it('the smoke test passes against the running product', async () => {
  const lines: string[] = []
  const { left } = await runSmoke(
    {
      url: run.url,
      operatorUrl: run.background.url,
      tenant: 'smoke',
      readyWithinMs: 60_000,
      tenantToken: await run.token({ tenant: 'acme', roles: ['reader', 'writer'] }),
      operatorToken: await run.token({ roles: ['operator'] }),
    },
    (line) => lines.push(line),
  )
  expect(left).toEqual([])
  expect(lines).toEqual([
    'ready: configuration, database and migrations',
    'refuses a read without a token',
    'ready, for operators: configuration, database and migrations',
    'imports an event for smoke once, however often it is sent',
    'appends once, reads it back unchanged, and refuses a wrong version',
  ])
})

it('its status is what settings for Core Tools are made of', async () => {
  const made = funcSettings({ Values: {} }, await run.status()) as { Values: Record<string, string> }
  const parsed = parseSettings({ TRICKLE_ENVIRONMENT: 'local', ...made.Values })
  expect(parsed.TRICKLE_POSTGRES_APP_URL).toBe(run.postgres.app)
})
