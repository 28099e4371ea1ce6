import { migrateUp, owners } from '../../database/index.ts'
import type { Owner } from '../../database/index.ts'
import { resolveCaller } from '../../functions/callers.ts'
import { commands as commandsContext } from '../../functions/commands/context.ts'
import type { ProductContext } from '../../functions/define-context.ts'
import { createPlatform } from '../../functions/platform.ts'
import type { Platform, PlatformOptions } from '../../functions/platform.ts'
import { mendableQueues } from '../../functions/product.ts'
import { parseSettings } from '../../shared/config/index.ts'
import type { SettingSchemas, Settings } from '../../shared/config/index.ts'
import { createKernel } from '../../shared/http/index.ts'
import { runSubscription } from '../../shared/subscriptions/index.ts'
import type { SubscriptionRun } from '../../shared/subscriptions/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { authenticate, call } from '../shared/http/harness.ts'
import type { Answer, CallOptions } from '../shared/http/harness.ts'
import { createDatabase } from './database.ts'
import type { TestDatabase } from './database.ts'

/** A context on a separate test database, without the Functions host: its routes, commands and subscriptions. */
export interface ContextStage {
  readonly database: TestDatabase
  readonly platform: Platform
  /** Calls a route by its name. @param as the caller, such as `writer@acme` or `operator` */
  readonly ask: (as: string, name: string, options?: RouteCall) => Promise<Answer>
  /** Gives a command to the function of `trickle-commands`, as the host does. @param body the message */
  readonly command: (body: unknown, deliveryCount?: number) => Promise<void>
  /** Runs a subscription until it has nothing more to do. */
  readonly run: (subscription: string) => Promise<SubscriptionRun>
  readonly stop: () => Promise<void>
}

export interface RouteCall extends Omit<CallOptions, 'body'> {
  readonly json?: unknown
}

export interface ContextStageOptions {
  /** Tenants that are created. */
  readonly tenants: readonly string[]
  /** Owners of migrations that functions/app.ts does not list. */
  readonly moreOwners?: readonly Owner[]
  /** Settings that differ from their defaults. */
  readonly settings?: Readonly<Record<string, string>>
  /** Default: the product's. */
  readonly queues?: PlatformOptions['readQueues']
}

/** @param context a context, or a combination of several */
export async function openContextStage(
  context: Pick<ProductContext, 'settings' | 'triggersOn'>,
  { tenants, moreOwners = [], settings = {}, queues = mendableQueues }: ContextStageOptions,
): Promise<ContextStage> {
  const database = await createDatabase()
  const listed = new Set(owners().map(({ name }) => name))
  const unlisted = moreOwners.filter(({ name }) => !listed.has(name))
  if (unlisted.length > 0)
    await migrateUp({ migratorUrl: database.url('trickle_migrator'), owners: [...owners(), ...unlisted] })
  for (const slug of tenants) await database.tenant(slug)
  const platform = platformOn(database, { ...context.settings, ...commandsContext.settings }, settings, {
    readQueues: queues,
    commands: () => commands,
  })
  const { routes, commands, subscriptions } = context.triggersOn(() => platform)
  const [commandQueue] = commandsContext.triggersOn(() => platform).queues
  const kernel = createKernel<TenantContext>({
    authenticate,
    resolveCaller: (identity, limits, named) => resolveCaller(platform.tenantsBy, identity, limits, named),
    logger: { info: () => undefined, error: () => undefined, warn: () => undefined },
    verifyResponses: true,
  })
  return {
    database,
    platform,
    async ask(as, name, { json, headers = {}, ...options } = {}) {
      const route = routes.find((candidate) => candidate.name === name)
      if (route === undefined) throw new Error(`there is no route ${name}`)
      return call(kernel, route, {
        path: route.path,
        ...options,
        headers: {
          authorization: `Bearer ${as}`,
          ...(json === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      })
    },
    async command(body, deliveryCount = 1) {
      const message = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
      const call = { log: () => undefined, warn: () => undefined, triggerMetadata: { deliveryCount } }
      await commandQueue?.handle(message, call)
    },
    async run(name) {
      const subscription = subscriptions.find((candidate) => candidate.name === name)
      if (subscription === undefined) throw new Error(`there is no subscription ${name}`)
      return runSubscription(platform.databases.subscriptions, subscription, {
        timeMs: 20_000,
        stepsMax: 100,
      })
    },
    async stop() {
      await platform.close()
      await database.drop()
    },
  }
}

/** The product's platform, with the logins of a test's database. */
export const platformOn = (
  database: TestDatabase,
  contextSettings: SettingSchemas,
  settings: Readonly<Record<string, string>> = {},
  options: Partial<Pick<PlatformOptions, 'commands' | 'readQueues' | 'subscriptionNames'>> = {},
): Platform =>
  createPlatform({
    readSettings: () => settingsOf(database, contextSettings, settings),
    readQueues: mendableQueues,
    subscriptionNames: () => [],
    report: () => undefined,
    ...options,
  })

const settingsOf = (
  database: TestDatabase,
  contextSettings: SettingSchemas,
  settings: Readonly<Record<string, string>>,
): Settings =>
  parseSettings(
    {
      TRICKLE_ENVIRONMENT: 'local',
      TRICKLE_POSTGRES_APP_URL: database.url('trickle_app'),
      TRICKLE_POSTGRES_WORKER_URL: database.url('trickle_worker'),
      TRICKLE_POSTGRES_FORWARDER_URL: database.url('trickle_forwarder'),
      TRICKLE_POSTGRES_OPERATOR_URL: database.url('trickle_operator'),
      TRICKLE_AUTH_ISSUER: 'http://localhost/issuer',
      TRICKLE_AUTH_AUDIENCE: 'api://trickle',
      ...settings,
    },
    contextSettings,
  )
