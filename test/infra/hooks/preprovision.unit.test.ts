import { describe, expect, it } from 'vitest'
import { HookFailures } from '../../../infra/hooks/frame/failure.ts'
import { refuseContradictions } from '../../../infra/hooks/parameters/contradictions.ts'
import { readParameters } from '../../../infra/hooks/parameters/index.ts'
import { ValueReader } from '../../../infra/hooks/parameters/values.ts'
import { createReport, runHook, runPreprovision } from '../../../infra/hooks/index.ts'
import { requiredParameters, sizesSample } from './sizes-sample.ts'

const ignored = createReport(() => {})

/** Every failure of one run. */
async function failuresOf(environment: Readonly<Record<string, string>>) {
  try {
    await runPreprovision({ environment, report: ignored, sizes: sizesSample })
    return []
  } catch (error) {
    if (error instanceof HookFailures) return error.failures
    throw error
  }
}

const INVALID = 'PARAMETER_INVALID'
const CONTRADICT = 'PARAMETERS_CONTRADICT'
const replicas = (...names: string[]): string =>
  JSON.stringify(names.map((name) => ({ name, purpose: 'reads' })))

describe('before a provision', () => {
  it('lets good parameters pass', async () => {
    expect(
      await failuresOf({
        ...requiredParameters,
        TRICKLE_SIZE: 'scale',
        TRICKLE_NETWORK: 'private',
        TRICKLE_REPLICAS: '[{"name":"Reads-1","location":"","purpose":"reads"}]',
        TRICKLE_VIRTUAL_ENDPOINT: 'true',
        TRICKLE_POSTGRES_ADMINISTRATORS:
          '[{"objectId":"0b4f3a52-6c0c-4e9c-9d1e-1c7a4f0f8b11","name":"dba","type":"Group"}]',
        TRICKLE_CORS_ORIGINS: '["https://app.example.com"]',
        TRICKLE_CONTEXT_SETTINGS: '["TRICKLE_EVENTS_SSE_VIEWERS_MAX=8"]',
      }),
    ).toEqual([])
  })

  it.each([
    ['TRICKLE_SIZE', 'large', INVALID, 'none of dev, trial, standard, scale', 'azd env set TRICKLE_SIZE dev'],
    ['TRICKLE_NETWORK', 'vnet', INVALID, 'none of public, private', 'azd env set TRICKLE_NETWORK public'],
    ['TRICKLE_ANALYTICS', 'yes', INVALID, 'none of bySize, off, new', 'azd env set TRICKLE_ANALYTICS bySize'],
    ['TRICKLE_CACHE', 'on', INVALID, 'none of off, redis', 'azd env set TRICKLE_CACHE off'],
    [
      'TRICKLE_SERVICE_BUS_TIER',
      'Basic',
      INVALID,
      'none of off, bySize',
      'azd env set TRICKLE_SERVICE_BUS_TIER off',
    ],
    ['TRICKLE_HIGH_AVAILABILITY', 'yes', INVALID, 'none of bySize', 'azd env set TRICKLE_HIGH_AVAILABILITY'],
    [
      'TRICKLE_ROLLING_UPDATE',
      'yes',
      INVALID,
      'none of bySize, off, on',
      'azd env set TRICKLE_ROLLING_UPDATE bySize',
    ],
    ['TRICKLE_GEO_BACKUP', 'yes', INVALID, 'none of true, false', 'azd env set TRICKLE_GEO_BACKUP false'],
    ['TRICKLE_ELASTIC_CLUSTER_NODES', 'two', INVALID, 'no whole number', 'NODES 0'],
    ['TRICKLE_ELASTIC_CLUSTER_NODES', '1', CONTRADICT, 'two nodes or more', 'NODES 0'],
    ['TRICKLE_AUTH_TENANT_KEY', 'tid', INVALID, 'none of any, id', 'azd env set TRICKLE_AUTH_TENANT_KEY any'],
    ['TRICKLE_REPLICAS', '[{name:reads}]', INVALID, 'is not JSON', "azd env set TRICKLE_REPLICAS '[{"],
    ['TRICKLE_REPLICAS', '{"name":"a"}', INVALID, 'another form', "azd env set TRICKLE_REPLICAS '[{"],
    ['TRICKLE_REPLICAS', '[{"name":"a"}]', INVALID, '[0].purpose', "azd env set TRICKLE_REPLICAS '[{"],
    [
      'TRICKLE_REPLICAS',
      '[{"name":"a b","purpose":"reads"}]',
      INVALID,
      '[0].name must be letters',
      'azd env',
    ],
    ['TRICKLE_REPLICAS', '[{"name":"a","purpose":"reads","zone":1}]', INVALID, 'zone', 'azd env set'],
    ['TRICKLE_REPLICAS', replicas('a', 'A'), CONTRADICT, 'Two replicas are called "a"', 'name of its own'],
    ['TRICKLE_REPLICAS', replicas('a', 'b', 'c', 'd', 'e', 'f'), CONTRADICT, 'at most 5', 'Take some out'],
    [
      'TRICKLE_REPLICAS',
      '[{"name":"a","purpose":"analytics"},{"name":"b","purpose":"analytics"}]',
      CONTRADICT,
      'More than one replica is for analytics',
      'reads',
    ],
    [
      'TRICKLE_POSTGRES_ADMINISTRATORS',
      '[{"objectId":"me","name":"a","type":"User"}]',
      INVALID,
      'object id',
      '<object id>',
    ],
    [
      'TRICKLE_CORS_ORIGINS',
      'https://app.example.com',
      INVALID,
      'is not JSON',
      '["https://app.example.com"]',
    ],
    ['TRICKLE_CONTEXT_SETTINGS', '["TRICKLE_EVENTS_X"]', INVALID, 'must be NAME=value', 'azd env set'],
    [
      'TRICKLE_CONTEXT_SETTINGS',
      '["TRICKLE_EVENTS_X=1"]',
      INVALID,
      'no setting of a context',
      'VIEWERS_MAX=8',
    ],
    ['TRICKLE_AUTH_ISSUER', 'http://issuer.example.com', INVALID, 'must be https', 'https://login'],
    ['TRICKLE_AUTH_ISSUER', 'https://localhost/', INVALID, 'no loopback', 'https://login'],
    ['TRICKLE_AUTH_JWKS_URL', 'keys', INVALID, 'must be https', 'https://login'],
    ['TRICKLE_AUTH_APPLICATIONS', '["cockpit"]', INVALID, 'another form', '{"operator":'],
    ['TRICKLE_AUTH_ISSUERS', 'https://other.example.com', INVALID, 'is not JSON', '[{"issuer":'],
    ['TRICKLE_AUTH_ISSUERS', '[{"issuer":"https://x.example"}]', INVALID, '[0].audience', '[{"issuer":'],
    [
      'TRICKLE_AUTH_ISSUERS',
      '[{"issuer":"http://x.example","audience":"a"}]',
      INVALID,
      '[0]: The token issuer',
      '[{"issuer":',
    ],
    [
      'TRICKLE_AUTH_ISSUERS',
      '[{"issuer":"https://x.example/{tid}","audience":"a","roles":["operator"]}]',
      INVALID,
      'may not grant the roles operator and service',
      '[{"issuer":',
    ],
    ['TRICKLE_AUTH_TOKEN_LIFETIME_SECONDS_MAX', '24h', INVALID, 'no whole number', 'MAX 90000'],
    ['TRICKLE_ANALYTICS', 'existing', CONTRADICT, 'no cluster is named', 'TRICKLE_ANALYTICS_URL https://'],
    [
      'TRICKLE_ANALYTICS_URL',
      'https://a.b',
      CONTRADICT,
      'yet a cluster is named',
      'TRICKLE_ANALYTICS existing',
    ],
  ])('refuses %s=%s with what, where and how to mend it', async (name, value, code, what, mend) => {
    const failures = await failuresOf({ ...requiredParameters, TRICKLE_SIZE: 'standard', [name]: value })
    expect(failures).toHaveLength(1)
    expect(failures[0]).toMatchObject({
      code,
      message: expect.stringContaining(what) as string,
      where: expect.stringContaining(name.replace(/(ANALYTICS)(_URL)?$/, '$1')) as string,
      mend: expect.stringContaining(mend) as string,
    })
  })

  it('refuses a private network with a Service Bus that has no private endpoints', async () => {
    const [failure, ...others] = await failuresOf({
      ...requiredParameters,
      TRICKLE_SIZE: 'standard',
      TRICKLE_NETWORK: 'private',
      TRICKLE_SERVICE_BUS_TIER: 'bySize',
    })
    expect(others).toEqual([])
    expect(failure).toMatchObject({
      code: CONTRADICT,
      message: expect.stringContaining('forces Service Bus Premium') as string,
      where: 'TRICKLE_NETWORK and TRICKLE_SERVICE_BUS_TIER',
      mend: expect.stringContaining('azd env set TRICKLE_SERVICE_BUS_TIER off') as string,
    })
  })

  it.each([
    ['off', [], []],
    ['off', ['trickle-orders'], ['TRICKLE_SERVICE_BUS_TIER']],
    ['bySize', ['trickle-orders'], []],
  ] as const)('needs Service Bus where a context receives: tier %s, queues %j', (tier, queues, refused) => {
    const { parameters } = readParameters(
      { ...requiredParameters, TRICKLE_SERVICE_BUS_TIER: tier },
      sizesSample,
    )
    const values = new ValueReader({})
    refuseContradictions(parameters, sizesSample.dev, queues, values)
    expect(values.failures.map(({ where }) => where)).toEqual(refused)
  })

  it.each([
    ['TRICKLE_REPLICAS', replicas('a'), 'azd env set TRICKLE_REPLICAS []'],
    ['TRICKLE_VIRTUAL_ENDPOINT', 'true', 'azd env set TRICKLE_VIRTUAL_ENDPOINT false'],
    ['TRICKLE_HIGH_AVAILABILITY', 'sameZone', 'azd env set TRICKLE_HIGH_AVAILABILITY off'],
    ['TRICKLE_ELASTIC_CLUSTER_NODES', '2', 'azd env set TRICKLE_ELASTIC_CLUSTER_NODES 0'],
  ])('refuses %s on a Burstable server', async (name, value, mend) => {
    const [failure, ...others] = await failuresOf({
      ...requiredParameters,
      TRICKLE_SIZE: 'dev',
      [name]: value,
    })
    expect(others).toEqual([])
    expect(failure).toMatchObject({ code: CONTRADICT, where: name })
    expect(failure?.mend).toContain('azd env set TRICKLE_SIZE standard')
    expect(failure?.mend).toContain(mend)
  })

  it('tells all mistakes at once, what is missing among them', async () => {
    const failures = await failuresOf({
      TRICKLE_SIZE: 'huge',
      TRICKLE_REPLICAS: '[',
      TRICKLE_AUTH_ISSUER: ' ',
    })
    expect(failures.map(({ code, where }) => `${code} ${where}`)).toEqual([
      'PARAMETER_INVALID TRICKLE_SIZE',
      'PARAMETER_INVALID TRICKLE_REPLICAS',
      'PARAMETER_MISSING the azd environment (azd env get-values)',
      'PARAMETER_MISSING the azd environment (azd env get-values)',
    ])
    expect(failures[2]?.toString()).toBe(
      [
        'PARAMETER_MISSING: TRICKLE_AUTH_ISSUER is missing: the issuer of the tokens that callers bring.',
        '  where: the azd environment (azd env get-values)',
        '  mend:  azd env set TRICKLE_AUTH_ISSUER https://login.microsoftonline.com/<tenant id>/v2.0',
      ].join('\n'),
    )
  })
})

describe('the frame of a hook', () => {
  async function run(hook: Parameters<typeof runHook>[0]) {
    let printed = ''
    const code = await runHook(hook, (text) => {
      printed += text
    })
    return { code, printed }
  }

  it('ends with 0, or with 1 and the failure', async () => {
    const environment = requiredParameters
    expect(await run((report) => runPreprovision({ environment, report, sizes: sizesSample }))).toMatchObject(
      {
        code: 0,
        printed: expect.stringMatching(/^Size dev, public network: about \$100 a month/) as string,
      },
    )
    expect(
      await run((report) => runPreprovision({ environment: {}, report, sizes: sizesSample })),
    ).toMatchObject({
      code: 1,
      printed: expect.stringContaining('mend:  azd env set TRICKLE_AUTH_AUDIENCE') as string,
    })
  })

  it('shows the trace of its own defects', async () => {
    const { code, printed } = await run(() => Promise.reject(new TypeError('odd')))
    expect(code).toBe(1)
    expect(printed).toMatch(/a defect of its own:\nTypeError: odd\n {4}at /)
  })
})
