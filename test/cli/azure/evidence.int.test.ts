import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Evidence } from '../../../cli/azure/evidence/index.ts'
import { startStandIn } from './resource-manager-stand-in.ts'
import type { Answers, StandIn } from './resource-manager-stand-in.ts'
import { paths, trialAnswers, trialValues } from './trial-deployment.ts'

const repository = join(import.meta.dirname, '..', '..', '..')

let folder: string
let answers: Answers
let standIn: StandIn
let values: Record<string, string>
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trickle-evidence-'))
  answers = trialAnswers()
  standIn = await startStandIn(answers)
  values = { ...trialValues, SERVICE_API_URI: standIn.url }
  answers['/common/v2.0/.well-known/openid-configuration'] = {
    body: { issuer: 'https://login.example.com/{tenantid}/v2.0', jwks_uri: `${standIn.url}/keys` },
  }
  answers['/keys'] = { body: { keys: [{ issuer: 'https://login.example.com/{tenantid}/v2.0' }] } }
})
afterEach(async () => {
  await standIn.close()
  rmSync(folder, { recursive: true })
})

/** azd, as far as it is asked: it prints the values of its environment. */
function installAzd(script = `cat '${join(folder, 'values.json')}'`): void {
  writeFileSync(join(folder, 'values.json'), JSON.stringify(values))
  const file = join(folder, 'azd')
  writeFileSync(file, `#!/bin/sh\necho "$*" > '${join(folder, 'words')}'\n${script}\n`)
  chmodSync(file, 0o755)
}

interface Ended {
  readonly code: number
  readonly out: string
  readonly error: string
}

function evidence(words: readonly string[] = [], variables: Record<string, string> = {}): Promise<Ended> {
  const env = {
    ...process.env,
    TRICKLE_TOKEN: '',
    TRICKLE_OPERATOR_TOKEN: '',
    ...variables,
    PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}`,
  }
  const all = [
    'azure',
    'evidence',
    '--within',
    '0',
    '--management-url',
    standIn.url,
    '--entra-url',
    standIn.url,
  ]
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['cli/main.ts', ...all, ...words],
      { cwd: repository, env },
      (error, out, told) => resolve({ code: error === null ? 0 : Number(error.code), out, error: told }),
    )
  })
}

const evidenceOf = ({ out }: Ended): Evidence => JSON.parse(out) as Evidence
const unknown = (found: Evidence, number: number) => found.unknowns.find((one) => one.number === number)

describe('evidence of a deployment', () => {
  it('answers the unknowns from what Azure says, each with its state', async () => {
    installAzd()
    const ended = await evidence(['--json'])
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
    change(answers)
    installAzd()
    const found = evidenceOf(await evidence(['--json']))
    expect(unknown(found, number)).toMatchObject({
      state: 'answered',
      found: expect.stringMatching(/^NO/) as string,
    })
  })

  it('does not take a replica for updated where its update has failed', async () => {
    answers[`${paths.GROUP}/providers/Microsoft.Resources/deployments`] = {
      body: { value: [{ name: 'update-1', properties: { provisioningState: 'Failed' } }] },
    }
    installAzd()
    const found = evidenceOf(await evidence(['--json']))
    expect(unknown(found, 1)).toMatchObject({ state: 'open', findOut: expect.any(String) as string })
  })

  it('reads and changes nothing, with its token for its own address only', async () => {
    installAzd()
    await evidence([], { TRICKLE_OPERATOR_TOKEN: 'an-operators-token', TRICKLE_TOKEN: 'a-tenants-token' })
    expect(standIn.seen.length).toBeGreaterThan(12)
    expect(new Set(standIn.seen.map(({ method }) => method))).toEqual(new Set(['GET']))
    for (const { path, authorization, query } of standIn.seen) {
      const isManagement = path.startsWith('/subscriptions/')
      expect([path, authorization]).toEqual([path, isManagement ? 'Bearer stand-in' : undefined])
      expect([path, query['api-version'] !== undefined]).toEqual([path, isManagement])
    }
    // Each is asked once, however many answers need it.
    const asked = standIn.seen.map(({ path }) => path).filter((path) => path.startsWith('/subscriptions/'))
    expect(new Set(asked).size).toBe(asked.length)
  })

  it('goes on where Azure refuses, and says what was not read', async () => {
    for (const path of Object.keys(answers))
      if (path.startsWith('/subscriptions/'))
        answers[path] = { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'no' } } }
    installAzd()
    const { code, out } = await evidence()
    expect(code).toBe(0)
    expect(out).toContain('Not read: Azure answered 403 AuthorizationFailed.')
    expect(out).toMatch(
      /\| 1 \| .* \| not answered \| Azure answered 403 AuthorizationFailed \| deploy the size/,
    )
  })

  it('writes one report, and asks for the environment that is named', async () => {
    installAzd()
    const file = join(folder, 'evidence.md')
    const { code, out } = await evidence(['--out', file, '--environment', 'other'])
    expect({ code, out }).toEqual({ code: 0, out: `Written: ${file}\n` })
    const report = readFileSync(file, 'utf8')
    expect(report).toContain('# Evidence of the deployment trial')
    expect(report).toContain('- ok: refuses a read without a token')
    expect(report).toContain('- Nothing read speaks against the template.')
    expect(report).toContain('| Microsoft.Kusto/clusters | adx1 | swedencentral |')
    // Links of the page would lead nowhere from where the report lies.
    expect(report).toContain('`TRICKLE_TOKEN` (docs/azure/deploy.md, step 6)')
    expect(report).not.toMatch(/\]\(/)
    expect(readFileSync(join(folder, 'words'), 'utf8')).toContain('--environment other')
  })
})

describe('the smoke test of the evidence', () => {
  it('is not good where the app is not ready, ends with 1, and the report is there all the same', async () => {
    answers['/api/health/ready'] = { status: 503, body: { checks: { database: 'unreachable' } } }
    installAzd()
    const { code, out } = await evidence()
    expect(code).toBe(1)
    expect(out).toContain('**failed**: not ready within 0 s: 503')
    expect(out).toContain('| 24 |')
  })

  it('writes only where it is asked to, in the tenant that an operator makes for it', async () => {
    installAzd()
    const ended = await evidence(['--smoke', '--smoke-tenant', 'evidence', '--json'], {
      TRICKLE_OPERATOR_TOKEN: 'an-operators-token',
    })
    expect(ended.code).toBe(1)
    expect(evidenceOf(ended).smoke.failure).toContain('making the tenant evidence')
    const writes = standIn.seen.filter(({ method }) => method !== 'GET')
    expect(writes.map(({ path }) => path)).toEqual(['/api/tenants/bulk'])
  })
})

describe('secrets', () => {
  const jwt = `eyJhbGciOiJSUzI1NiJ9.${Buffer.from('{"extn.tenant":"acme","oid":"1"}').toString('base64url')}.c2lnbmF0dXJlLW9mLWEtdG9rZW4`
  const secrets = {
    'a token of a tenant': jwt,
    'a token of an operator': 'opaque-operator-token-7781',
    'a connection string': 'c3RvcmFnZS1hY2NvdW50LWtleS1vZi1zb21lYm9keQ==',
    'a password': 'correct-horse-battery',
    'a client secret': 'abc8Q~aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    'a key of a setting': 'setting-key-5512',
    'a person': 'anna@example.com',
    'a message of Azure': 'cGFzc3dvcmQtaW4tYS1tZXNzYWdl',
  }

  it.each([['--json'], ['--smoke']])(
    'are nowhere in a report (%s), wherever they come from',
    async (word) => {
      values['MY_CLIENT_SECRET'] = secrets['a client secret']
      values['TRICKLE_HOOK_POSTGRES_URL'] = `postgres://admin:${secrets['a password']}@host:5432`
      values['POSTGRES_HOST'] = `postgres://admin:${secrets['a password']}@host`
      values['TRICKLE_CONTEXT_SETTINGS'] = `["TRICKLE_DEMO_KEY=${secrets['a key of a setting']}"]`
      values['POSTGRES_ADMINISTRATOR_NAME'] = secrets['a person']
      values['SERVICE_BUS_NAMESPACE'] = `Endpoint=sb://x;SharedAccessKey=${secrets['a connection string']}`
      answers[`${paths.GROUP}/resources`] = {
        body: { value: [{ type: jwt, name: secrets['a client secret'], location: 'swedencentral' }] },
      }
      answers['/api/health/ready'] = {
        status: 503,
        body: {
          AccountKey: secrets['a connection string'],
          seen: `Bearer ${jwt}`,
          operator: secrets['a token of an operator'],
        },
      }
      installAzd()
      const { out, error } = await evidence([word], {
        TRICKLE_TOKEN: jwt,
        TRICKLE_OPERATOR_TOKEN: secrets['a token of an operator'],
      })
      expect(out).toContain('[left out]')
      expect(out).toContain('TRICKLE_DEMO_KEY')
      expect(out).toContain('yes: the token has extn.tenant')
      for (const [what, secret] of Object.entries(secrets))
        expect([what, `${out}${error}`.includes(secret)]).toEqual([what, false])
    },
  )
})

describe('wrong use', () => {
  it('says what to do where there is no azd environment', async () => {
    installAzd(`echo 'ERROR: no environment is selected' >&2; exit 1`)
    const { code, error } = await evidence()
    expect(code).toBe(1)
    expect(error).toContain('azd env get-values failed: ERROR: no environment is selected')
    expect(standIn.seen).toEqual([])
  })

  it.each([
    [['--management-url', 'http://example.com'], '--management-url takes an https address'],
    [['--smoke-tenant', 'No Slug'], '--smoke-tenant: "No Slug" is no slug'],
    [['--within', 'soon'], '--within'],
    [['--me', 'acme'], '--me'],
  ])('%j is refused before anything is read', async (words, message) => {
    installAzd()
    const { code, error } = await evidence(words)
    expect(code).toBe(2)
    expect(error).toContain(message)
    expect(standIn.seen).toEqual([])
  })
})
