/**
 * Writes the files that are generated from the code, or with --check reports which of them differ from the code. What
 * the template makes (infra/snapshots) is made by the Bicep CLI, and only when what it is made from has changed. Here
 * the settings, errors and queues of contexts get into these files: no other file needs to name them.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { makeManifest } from '../database/index.ts'
import {
  apiInfo,
  noPlatform,
  product,
  productErrors,
  productQueues,
  productTopics,
  queuesOfContexts,
  subscriptionsOfContexts,
} from '../functions/product.ts'
import { emulatorConfigOf, parseQueues, parseTopics } from '../local/service-bus-queues/index.ts'
import { appOfSetting, settingsSchemaWith, TUNABLE_SETTING_NAMES } from '../shared/config/index.ts'
import { buildOpenApiDocument } from '../shared/http/index.ts'
import { SIDES } from '../shared/sides/index.ts'
import type { RunsOn } from '../shared/sides/index.ts'
import { findBicep, HOW_TO_GET } from './bicep-cli/index.ts'
import { makeSnapshots, staleness } from './snapshots/index.ts'
import { unknownsPage } from './unknowns-page.ts'

const repository = fileURLToPath(new URL('..', import.meta.url))

const SUBSCRIPTIONS_FILE = 'infra/service-bus/subscriptions.json'
const QUEUES_FILE = 'infra/service-bus/queues.json'

export async function generatedFiles(): Promise<Map<string, string>> {
  const { routes } = product().triggersOn(noPlatform)
  const queues = jsonOf({
    queues: productQueues(),
    topics: productTopics(),
    ofContexts: queuesOfContexts(),
  })
  return new Map([
    ['docs/errors.md', errorTable()],
    ['docs/configuration.md', settingsTable()],
    ['docs/azure/unknowns.md', unknownsPage()],
    ['docs/openapi.json', `${JSON.stringify(await buildOpenApiDocument(routes, apiInfo()), null, 2)}\n`],
    ['local.settings.sample.json', `${JSON.stringify(sampleSettings(), null, 2)}\n`],
    ['infra/context-settings.json', jsonOf(contextSettings())],
    [SUBSCRIPTIONS_FILE, jsonOf({ ofContexts: subscriptionsOfContexts() })],
    [QUEUES_FILE, queues],
    ['local/compose/service-bus.json', jsonOf(emulatorOf(queues).config)],
    ['functions/health/database-manifest.json', `${JSON.stringify(await makeManifest(), null, 2)}\n`],
  ])
}

const emulatorOf = (text: string): ReturnType<typeof emulatorConfigOf> =>
  emulatorConfigOf(parseQueues(text, QUEUES_FILE), parseTopics(text, QUEUES_FILE))

function errorTable(): string {
  const rows = Object.entries(productErrors()).map(
    ([code, { status, title, retryable }]) =>
      `| \`${code}\` | ${status} | ${title} | ${retryable ? 'yes' : ''} |`,
  )
  return [
    '# Errors',
    '',
    'Every error is an `application/problem+json` document (RFC 9457) with a stable `code`, a `detail` that says what, where and how to mend it,',
    'and a `traceId` that leads to the log. A version conflict carries `currentVersion`, a wrong input `errors` with the places. `Try again` marks',
    'what may succeed when the same request is sent later; writes with event ids or an `Idempotency-Key` may always be sent again.',
    '',
    'This table is made from `shared/errors/catalogue.ts` and the errors of contexts (`functions/*/errors.ts`) by `npm run generate`.',
    '',
    '| Code | Status | Title | Try again |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

/** Which of two apps uses a setting. */
function appOf(name: string): RunsOn {
  if (!Object.hasOwn(product().settings, name)) return appOfSetting(name)
  const [only, ...others] = SIDES.filter((side) => Object.hasOwn(product().settingsIn(side), name))
  return only === undefined || others.length > 0 ? 'both' : only
}

interface SettingDocument {
  readonly description?: string
  readonly default?: string
  /** For a context's setting: its value in the local run, if that is not the default. */
  readonly local?: string
}

interface Setting {
  readonly name: string
  readonly description: string
  readonly initial: string | null
  readonly local: string | null
  readonly required: boolean
}

/** The facts about each setting in its schema. */
function settings(): Setting[] {
  const { properties = {}, required = [] } = z.toJSONSchema(settingsSchemaWith(product().settings), {
    io: 'input',
    unrepresentable: 'any',
  }) as {
    properties?: Record<string, SettingDocument>
    required?: string[]
  }
  return Object.entries(properties).map(([name, property]) => ({
    name,
    description: property.description ?? '',
    initial: property.default ?? null,
    local: property.local ?? null,
    required: required.includes(name),
  }))
}

function settingsTable(): string {
  const rows = settings().map(
    ({ name, description, initial, required }) =>
      `| \`${name}\` | ${appOf(name)} | ${required ? 'required' : initial === null ? '' : `\`${initial}\``} | ${description.replaceAll('|', '\\|')} |`,
  )
  return [
    '# Configuration',
    '',
    'App settings, read once and checked at the first use; a wrong one is told by its name, never by its value.',
    'Beside them the platform has its own: `AzureWebJobsStorage`, `FUNCTIONS_WORKER_RUNTIME`, `APPLICATIONINSIGHTS_CONNECTION_STRING`.',
    'The local run (`npm start`) sets all of them itself.',
    '',
    'This table is made from `shared/config/schema.ts` and the settings of contexts (`functions/*/settings.ts`) by `npm run generate`.',
    '',
    '**Two apps.** One bundle is one function app or two, by `TRICKLE_SIDE`. `App` says which of the two uses a setting: the other one neither asks for it nor',
    'reads it, even where it is set. So the public app can open the login of tenants and no other, and the background app all logins but that one.',
    'What runs where: [architecture.md](architecture.md#one-app-or-two).',
    '',
    '| Setting | App | Default | Meaning |',
    '|---|---|---|---|',
    ...rows,
    '',
    '## Failure modes',
    '',
    '- A setting that is missing or wrong: `GET /api/health/ready` answers 503 with `"configuration":"invalid"`, and the log names the setting.',
    '- `TRICKLE_SIDE` with another value: as any wrong setting; no login is opened.',
    '- Code that asks for a login of the other app: 500 `CONFIGURATION_INVALID`, whose detail in the log names the setting.',
    '- A plain-http or loopback issuer, key url or analytics url outside `TRICKLE_ENVIRONMENT=local`: refused in the same way.',
    '- A list of issuers with a mistake: told by its place, such as `TRICKLE_AUTH_ISSUERS: [1]: ...`. Who may call, and what the lists hold: [callers.md](callers.md).',
    '- A setting of a context in Azure: `azd env set TRICKLE_CONTEXT_SETTINGS \'["TRICKLE_EVENTS_SSE_VIEWERS_MAX=8"]\'`, then `azd provision`. A name that no context has is refused before anything is made.',
    '- No connection to Service Bus: nothing is sent, and timers wake forwarding and subscriptions every few seconds ([subscriptions.md](subscriptions.md#when-it-runs)). `ServiceBusForwarderConnection` without `ServiceBusConnection`: the timers are slow and nobody nudges; set both.',
    '- `TRICKLE_NUDGES_SECONDS` and `TRICKLE_BACKSTOP_SCHEDULE` in Azure: as settings of contexts, above.',
    '- `TRICKLE_FORWARDING_SCHEDULE` unset in Azure: the host can not index the timer `forwarding` and says so; nothing is forwarded until it is set.',
    '',
  ].join('\n')
}

/** The settings that `func start` needs with servers that already run. `npm start` prints a local run's real values. */
function sampleSettings(): object {
  const values: Record<string, string> = {
    FUNCTIONS_WORKER_RUNTIME: 'node',
    AzureWebJobsStorage: 'UseDevelopmentStorage=true',
    AzureWebJobsDisableHomepage: 'true',
    TRICKLE_ENVIRONMENT: 'local',
    TRICKLE_POSTGRES_APP_URL: 'postgres://trickle_app:PASSWORD@127.0.0.1:54320/trickle',
    TRICKLE_POSTGRES_WORKER_URL: 'postgres://trickle_worker:PASSWORD@127.0.0.1:54320/trickle',
    TRICKLE_POSTGRES_FORWARDER_URL: 'postgres://trickle_forwarder:PASSWORD@127.0.0.1:54320/trickle',
    TRICKLE_POSTGRES_OPERATOR_URL: 'postgres://trickle_operator:PASSWORD@127.0.0.1:54320/trickle',
    TRICKLE_AUTH_ISSUER: 'http://127.0.0.1:PORT',
    TRICKLE_AUTH_AUDIENCE: 'api://trickle',
    TRICKLE_ANALYTICS_URL: 'http://127.0.0.1:PORT',
  }
  for (const { name, initial, local } of settings()) {
    const value = local ?? initial
    if (value !== null) values[name] ??= value
  }
  return { IsEncrypted: false, Values: values, Host: { LocalHttpPort: 7071, CORS: '*' } }
}

/**
 * The settings of contexts, and the shared ones that are given in the same way: `deployed` for the template of Azure, `local` for `npm start`. An empty value means: not
 * set, so that the default in the code is used.
 * @throws Error for a required setting without a value for the local run, or one in a schedule without a default
 */
function contextSettings(): Record<'deployed' | 'local', Record<string, string>> {
  const ofContexts = settings().filter(
    ({ name }) => Object.hasOwn(product().settings, name) || TUNABLE_SETTING_NAMES.includes(name),
  )
  const initials = new Map(ofContexts.map(({ name, initial }) => [name, initial]))
  const unset = ofContexts.find(({ initial, local, required }) => required && (local ?? initial) === null)
  if (unset !== undefined)
    throw new Error(`${unset.name} has no default: give it .meta({ local: '...' }), for the local run`)
  const readByPlatform = namesInSchedules()
  const unknown = readByPlatform.find((name) => (initials.get(name) ?? null) === null)
  if (unknown !== undefined)
    throw new Error(`%${unknown}% of a schedule must be a setting of its context with a default`)
  return {
    deployed: Object.fromEntries(
      ofContexts.map(({ name, initial }) => [name, readByPlatform.includes(name) ? (initial ?? '') : '']),
    ),
    local: Object.fromEntries(ofContexts.map(({ name, local }) => [name, local ?? ''])),
  }
}

/** Settings that are named in schedules. A timer with the schedule `%NAME%` does not start without the setting. */
function namesInSchedules(): string[] {
  const { timers } = product().triggersOn(noPlatform)
  return timers.flatMap(({ schedule }) => /^%(\w+)%$/.exec(schedule)?.[1] ?? [])
}

/** JSON as the formatter writes it: a short list stays on one line. */
const jsonOf = (content: object): string =>
  `${JSON.stringify(content, null, 2).replaceAll(/\[\s+([^[\]{}]*?)\s+\]/g, (_, list: string) => `[${list.replaceAll(/\s*\n\s*/g, ' ')}]`)}\n`

async function main(): Promise<void> {
  const isCheck = process.argv.includes('--check')
  const stale: string[] = []
  for (const [name, content] of await generatedFiles()) {
    const path = join(repository, name)
    const present = await readFile(path, 'utf8').catch(() => '')
    if (present === content) continue
    stale.push(name)
    if (!isCheck) await writeFile(path, content)
  }
  // After the others, since Bicep reads some of them.
  const folder = join(repository, 'infra')
  const problems = await staleness(folder)
  if (problems.length > 0 && (isCheck || (await remakeSnapshots(folder)))) stale.push('infra/snapshots')
  if (!isCheck) console.log(stale.length === 0 ? 'nothing to write' : `written: ${stale.join(', ')}`)
  else if (stale.length > 0) {
    console.error(`not as the code makes them: ${stale.join(', ')}. Run: npm run generate`)
    for (const problem of problems) console.error(`infra/snapshots: ${problem}`)
    process.exitCode = 1
  } else console.log('generated files: as the code makes them')
}

/** False where there is no CLI, which is said: everything else is made all the same. */
async function remakeSnapshots(folder: string): Promise<boolean> {
  const cli = findBicep(process.env['PATH'] ?? '')
  if (cli === undefined) {
    console.error(['infra/snapshots are to be made again, and can not be.', ...HOW_TO_GET].join('\n'))
    process.exitCode = 1
    return false
  }
  await makeSnapshots(folder, cli)
  return true
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
