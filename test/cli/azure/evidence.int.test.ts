import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EvidenceBench, evidenceOf, unknown } from './evidence-bench.ts'
import type { Answers } from './resource-manager-stand-in.ts'
import { paths } from './trial-deployment.ts'

let bench: EvidenceBench
beforeEach(async () => {
  bench = await EvidenceBench.start()
})
afterEach(async () => {
  await bench.stop()
})

describe('evidence of a deployment', () => {
  it('answers the unknowns from what Azure says, each with its state', async () => {
    bench.installAzd()
    const ended = await bench.run(['--json'])
    expect(ended).toMatchObject({ code: 0 })
    const found = evidenceOf(ended)
    const states = Object.fromEntries(found.unknowns.map(({ number, state }) => [number, state]))
    expect(states).toMatchObject({
      1: 'answered',
      2: 'open',
      3: 'partly',
      4: 'partly',
      5: 'partly',
      6: 'open',
      8: 'partly',
      20: 'answered',
      21: 'answered',
      23: 'open',
      24: 'answered',
    })
    expect(unknown(found, 1)?.found).toBe('yes, after the update update-1 (pg-1-reads: AsyncReplica)')
    expect(unknown(found, 24)?.found).toMatch(/^yes, all by the server itself: max_connections=859/)
    // What can't be read tells how to find out.
    expect(unknown(found, 12)).toMatchObject({
      state: 'open',
      findOut: expect.stringContaining('rolreplication') as string,
    })
    for (const { state, findOut } of found.unknowns) expect(findOut === null).toBe(state === 'answered')
  })

  it.each([
    [
      1,
      (all: Answers) => {
        all[`${paths.POSTGRES}/pg-1-reads`] = { body: { properties: { replicationRole: 'Primary' } } }
      },
    ],
    [
      5,
      (all: Answers) => {
        all[`${paths.KUSTO}/adx1/databases/trickle/principalAssignments`] = {
          body: { value: [{ properties: { principalId: 'c', aadObjectId: 'other', role: 'Ingestor' } }] },
        }
      },
    ],
    [
      24,
      (all: Answers) => {
        all[`${paths.POSTGRES}/pg-1/configurations`] = {
          body: {
            value: [{ name: 'max_connections', properties: { value: '859', source: 'user-override' } }],
          },
        }
      },
    ],
    [
      2,
      (all: Answers) => {
        const message = '{"error":{"code":"ServerIsBusy","message":"pw"}}'
        all[`${paths.GROUP}/providers/Microsoft.Resources/deployments`] = {
          body: {
            value: [
              {
                name: 'access-1',
                properties: { provisioningState: 'Failed', error: { code: 'DeploymentFailed', message } },
              },
            ],
          },
        }
      },
    ],
  ])('says NO where Azure shows otherwise: %i', async (number, change) => {
    change(bench.answers)
    bench.installAzd()
    const found = evidenceOf(await bench.run(['--json']))
    expect(unknown(found, number)).toMatchObject({
      state: 'answered',
      found: expect.stringMatching(/^NO/) as string,
    })
  })

  it('does not take a replica for updated where its update has failed', async () => {
    bench.answers[`${paths.GROUP}/providers/Microsoft.Resources/deployments`] = {
      body: { value: [{ name: 'update-1', properties: { provisioningState: 'Failed' } }] },
    }
    bench.installAzd()
    const found = evidenceOf(await bench.run(['--json']))
    expect(unknown(found, 1)).toMatchObject({ state: 'open', findOut: expect.any(String) as string })
  })

  it('reads and changes nothing, with its token for its own address only', async () => {
    bench.installAzd()
    await bench.run([], { TRICKLE_OPERATOR_TOKEN: 'an-operators-token', TRICKLE_TOKEN: 'a-tenants-token' })
    expect(bench.standIn.seen.length).toBeGreaterThan(12)
    expect(new Set(bench.standIn.seen.map(({ method }) => method))).toEqual(new Set(['GET']))
    for (const { path, authorization, query } of bench.standIn.seen) {
      const isManagement = path.startsWith('/subscriptions/')
      expect([path, authorization]).toEqual([path, isManagement ? 'Bearer stand-in' : undefined])
      expect([path, query['api-version'] !== undefined]).toEqual([path, isManagement])
    }
    // Each is asked once, however many answers need it.
    const asked = bench.standIn.seen
      .map(({ path }) => path)
      .filter((path) => path.startsWith('/subscriptions/'))
    expect(new Set(asked).size).toBe(asked.length)
  })

  it('goes on where Azure refuses, and says what was not read', async () => {
    for (const path of Object.keys(bench.answers))
      if (path.startsWith('/subscriptions/'))
        bench.answers[path] = { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'no' } } }
    bench.installAzd()
    const { code, out } = await bench.run()
    expect(code).toBe(0)
    expect(out).toContain('Not read: Azure answered 403 AuthorizationFailed.')
    expect(out).toMatch(
      /\| 1 \| .* \| not answered \| Azure answered 403 AuthorizationFailed \| deploy the size/,
    )
  })

  it('writes one report, and asks for the environment that is named', async () => {
    bench.installAzd()
    const file = join(bench.folder, 'evidence.md')
    const { code, out } = await bench.run(['--out', file, '--environment', 'other'])
    expect({ code, out }).toEqual({ code: 0, out: `Written: ${file}\n` })
    const report = readFileSync(file, 'utf8')
    expect(report).toContain('# Evidence of the deployment trial')
    expect(report).toContain('- ok: refuses a read without a token')
    expect(report).toContain('- Nothing read speaks against the template.')
    expect(report).toContain('| Microsoft.Kusto/clusters | adx1 | swedencentral |')
    // Links of the page would lead nowhere from where the report lies.
    expect(report).toContain('`TRICKLE_TOKEN` (docs/azure/deploy.md, step 6)')
    expect(report).not.toMatch(/\]\(/)
    expect(bench.wordsOfAzd).toContain('--environment other')
  })
})

describe('the smoke test of the evidence', () => {
  it('is not good where the app is not ready, ends with 1, and the report is there all the same', async () => {
    bench.answers['/api/health/ready'] = { status: 503, body: { checks: { database: 'unreachable' } } }
    bench.installAzd()
    const { code, out } = await bench.run()
    expect(code).toBe(1)
    expect(out).toContain('**failed**: not ready within 0 s: 503')
    expect(out).toContain('| 24 |')
  })

  it('asks the background app, too, where the environment names one', async () => {
    const nobody = 'http://127.0.0.1:9'
    bench.values = { ...bench.values, SERVICE_BACKGROUND_URI: `${nobody}/` }
    bench.installAzd()
    const ended = await bench.run(['--json'])
    expect(ended.code).toBe(1)
    const { smoke } = evidenceOf(ended)
    expect(smoke.operatorUrl).toBe(nobody)
    expect(smoke.tried).toContainEqual(expect.stringContaining('refuses a read without a token'))
    expect(smoke.failure).toContain(nobody)
  })

  it('writes only where it is asked to, in the tenant that an operator makes for it', async () => {
    bench.installAzd()
    const ended = await bench.run(['--smoke', '--smoke-tenant', 'evidence', '--json'], {
      TRICKLE_OPERATOR_TOKEN: 'an-operators-token',
    })
    expect(ended.code).toBe(1)
    expect(evidenceOf(ended).smoke.failure).toContain('making the tenant evidence')
    const writes = bench.standIn.seen.filter(({ method }) => method !== 'GET')
    expect(writes.map(({ path }) => path)).toEqual(['/api/tenants/bulk'])
  })
})

describe('wrong use', () => {
  it('says what to do where there is no azd environment', async () => {
    bench.installAzd(`echo 'ERROR: no environment is selected' >&2; exit 1`)
    const { code, error } = await bench.run()
    expect(code).toBe(1)
    expect(error).toContain('azd env get-values failed: ERROR: no environment is selected')
    expect(bench.standIn.seen).toEqual([])
  })

  it.each([
    [['--management-url', 'http://example.com'], '--management-url takes an https address'],
    [['--smoke-tenant', 'No Slug'], '--smoke-tenant: "No Slug" is no slug'],
    [['--within', 'soon'], '--within'],
    [['--me', 'acme'], '--me'],
  ])('%j is refused before anything is read', async (words, message) => {
    bench.installAzd()
    const { code, error } = await bench.run(words)
    expect(code).toBe(2)
    expect(error).toContain(message)
    expect(bench.standIn.seen).toEqual([])
  })
})
