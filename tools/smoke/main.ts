import { parseArgs } from 'node:util'
import { SmokeFailure } from './caller.ts'
import { runSmoke } from './index.ts'

const USAGE = `node tools/smoke/main.ts [--url URL] [--operator-url URL] [--tenant SLUG] [--within SECONDS]

Tries a deployment: is it ready, does it refuse strangers, does the first append come back.
  --url URL         default: SERVICE_API_URI, which azd gives
  --operator-url URL  of the app that serves operators, where there are two (default: SERVICE_BACKGROUND_URI, or that of --url)
  --tenant SLUG     the tenant an operator writes for (default smoke)
  --within SECONDS  how long it may take to become ready (default 300)
TRICKLE_TOKEN is a token of a tenant with the roles reader and writer, TRICKLE_OPERATOR_TOKEN one of an operator.
Without them the append is left out, and said to be.`

/** Five minutes: at a first start, new rights need time until all parts of the platform know them. */
const READY_WITHIN_SECONDS = '300'

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: process.env['SERVICE_API_URI'] ?? '' },
    'operator-url': { type: 'string', default: process.env['SERVICE_BACKGROUND_URI'] ?? '' },
    tenant: { type: 'string', default: 'smoke' },
    within: { type: 'string', default: READY_WITHIN_SECONDS },
    help: { type: 'boolean', default: false },
  },
})

const withoutSlash = (url: string): string => url.replace(/\/+$/, '')

const given = (name: string): string | undefined => {
  const value = process.env[name]
  return value === undefined || value === '' ? undefined : value
}

if (values.help || !/^https?:\/\//.test(values.url) || !/^\d{1,4}$/.test(values.within)) {
  console.log(USAGE)
  process.exitCode = values.help ? 0 : 2
} else {
  try {
    const { left } = await runSmoke(
      {
        url: withoutSlash(values.url),
        operatorUrl: values['operator-url'] === '' ? undefined : withoutSlash(values['operator-url']),
        tenant: values.tenant,
        readyWithinMs: Number(values.within) * 1_000,
        tenantToken: given('TRICKLE_TOKEN'),
        operatorToken: given('TRICKLE_OPERATOR_TOKEN'),
      },
      (line) => console.log(`ok    ${line}`),
    )
    for (const line of left) console.log(`left  ${line}`)
  } catch (error) {
    if (!(error instanceof SmokeFailure)) throw error
    console.error(`FAILED  ${error.message}`)
    process.exitCode = 1
  }
}
