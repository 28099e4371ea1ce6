import type { IssuerFacts } from '../issuer/index.ts'
import type { Home } from './home.ts'
import { ensureApp } from './app-build.ts'
import { buildInChild } from './build.ts'
import { checkServer, prepareDatabase } from './database.ts'
import type { DatabaseUrls } from './database.ts'
import { serviceBusThrough, throughAddress } from './environment.ts'
import type { FunctionsAddresses } from './environment.ts'
import type { Keeper, KeptPart } from './keeper.ts'
import { analyticsPart, hostPart, issuerPart, postgresPart, serviceBusPart, storagePart } from './parts.ts'
import type { PartName, ServiceBusFacts, Spawned, StorageFacts } from './parts.ts'
import type { PortsOfRun } from './ports.ts'
import type { RunBook } from './run-book.ts'
import { rolePasswords } from './secrets.ts'
import { askReadiness, ensureTenant } from './first-requests.ts'

export interface RunOptions {
  readonly home: string
  /** 0 picks a free port, which is used again at later starts. */
  readonly port: number
  readonly backgroundPort: number
  readonly postgresPort: number
  readonly serviceBusPort: number
  /** HOST:PORT that replaces the server's address, in the functions' settings only. */
  readonly postgresVia?: string
  readonly analyticsVia?: string
  readonly serviceBusVia?: string
  /** postgres:// url of an administrator, for a server that somebody else runs. */
  readonly postgresUrl?: string
  /** Clears PostgreSQL, storage, analytics and Service Bus first. */
  readonly fresh: boolean
  /** Builds and restarts the functions host when a source file has changed. */
  readonly watch?: boolean
}

export interface BringUp {
  readonly home: Home
  readonly options: RunOptions
  readonly ports: PortsOfRun
  readonly book: RunBook
  readonly spawned: Spawned
  readonly secret: string
  readonly signal: AbortSignal
  /** Starts a part and keeps it running from then on. */
  keep<Facts>(part: KeptPart<Facts>): Promise<Keeper<Facts>>
  readonly say: (line: string) => void
}

/**
 * Starts everything. Parts that do not depend on each other start at the same time. The host of an app starts as soon as
 * all that its app uses serves: the public one does not wait for analytics, which takes longest. Returns when both have
 * answered a request with the database behind it.
 */
export async function bringUp(run: BringUp): Promise<void> {
  const built = ensureApp(run.home, async (outFolder) => {
    await buildInChild(run.home, outFolder, run.signal)
  })
  const storage = run.keep(storagePart(run))
  const common = Promise.all([database(run), issuer(run), storage, serviceBus(run), built]).then(
    ([urls, facts, kept, bus]) => addressesOf(run, urls, facts, kept.facts, bus),
  )
  const kusto = storage.then(async ({ facts }) => await analytics(run, facts))
  await Promise.all([
    common.then(async (addresses) => {
      await publicApp(run, addresses)
    }),
    Promise.all([common, kusto]).then(async ([addresses, facts]) => {
      await backgroundApp(run, { ...addresses, analytics: facts })
    }),
  ])
}

function addressesOf(
  { options }: BringUp,
  urls: DatabaseUrls,
  facts: IssuerFacts,
  storage: StorageFacts,
  bus: ServiceBusFacts,
): FunctionsAddresses {
  return {
    app: throughAddress(urls.app, options.postgresVia),
    worker: throughAddress(urls.worker, options.postgresVia),
    forwarder: throughAddress(urls.forwarder, options.postgresVia),
    operator: throughAddress(urls.operator, options.postgresVia),
    issuer: facts,
    analytics: null,
    storageConnectionString: storage.connectionString,
    serviceBusConnectionString: serviceBusThrough(bus.connectionString, options.serviceBusVia),
  }
}

async function publicApp(run: BringUp, addresses: FunctionsAddresses): Promise<void> {
  const { facts } = await run.keep(hostPart(run, 'public', addresses))
  const url = baseOf(facts.url)
  run.book.learned({ url, masterKey: facts.masterKey })
  await askReadiness(url, run.signal)
}

async function backgroundApp(run: BringUp, addresses: FunctionsAddresses): Promise<void> {
  const { facts } = await run.keep(hostPart(run, 'background', addresses))
  const url = baseOf(facts.url)
  run.book.learned({ background: { url, masterKey: facts.masterKey } })
  await ensureTenant(url, run.home.issuer, run.signal)
}

async function issuer(run: BringUp): Promise<IssuerFacts> {
  const { facts } = await run.keep(issuerPart(run))
  run.book.learned({ issuer: facts.issuer, audience: facts.audience })
  return facts
}

const baseOf = (url: string): string => url.replace(/\/$/u, '')

async function database(run: BringUp): Promise<DatabaseUrls> {
  const adminUrl = await serverUrl(run)
  run.signal.throwIfAborted()
  const { urls, report } = await prepareDatabase(adminUrl, rolePasswords(run.home))
  run.book.learned({ postgres: urls })
  const { migrations, functions } = report
  if (migrations.length + functions.applied.length > 0)
    run.say(
      `Migrated: ${migrations.length} migrations applied, ${functions.applied.length} functions put in.`,
    )
  if (functions.keptNewer.length > 0)
    run.say(
      `This checkout is older than the database, which keeps its newer text of ${functions.keptNewer.join(', ')}. Put these texts back: npx trickle migrate --replace-newer`,
    )
  return urls
}

/** The url of the PostgreSQL server: one that this run starts, or one that somebody else runs. */
async function serverUrl(run: BringUp): Promise<string> {
  const { postgresUrl } = run.options
  if (postgresUrl === undefined) {
    const server = await run.keep(postgresPart(run))
    for (const notice of server.facts.notices) run.say(notice)
    return server.facts.adminUrl
  }
  await checkServer(postgresUrl)
  return postgresUrl
}

async function analytics(
  run: BringUp,
  storage: StorageFacts,
): Promise<NonNullable<FunctionsAddresses['analytics']>> {
  const { analyticsVia } = run.options
  const { facts } = await run.keep(analyticsPart(run, storage, analyticsVia))
  const { url, token, database, faultsUrl } = facts
  run.book.learned({
    analytics: { url, token, database },
    faults: { analytics: faultsUrl },
  })
  return { url: throughAddress(url, analyticsVia), database }
}

async function serviceBus(run: BringUp): Promise<ServiceBusFacts> {
  const { facts } = await run.keep(serviceBusPart(run))
  run.book.learned({ serviceBus: facts.connectionString, faults: { serviceBus: facts.faultsUrl } })
  return facts
}

/** The order in which parts are stopped: a part is stopped before the parts that it uses. */
export const STOP_ORDER: readonly (readonly PartName[])[] = [
  ['public-host', 'background-host'],
  ['analytics', 'service-bus'],
  ['storage', 'issuer'],
  ['postgres'],
]
