import { join } from 'node:path'
import { z } from 'zod'
import { otherSide } from '../../shared/sides/index.ts'
import type { Side } from '../../shared/sides/index.ts'
import { startServer } from '../postgres/index.ts'
import type { RunningServer } from '../postgres/index.ts'
import { basicEnvironment, functionsSettings } from './environment.ts'
import type { FunctionsAddresses } from './environment.ts'
import type { Home } from './home.ts'
import type { KeptPart } from './keeper.ts'
import { corsOrigins } from './local-settings.ts'
import { startChildPart } from './part.ts'
import type { ChildPartOptions } from './part.ts'
import type { PortName, PortsOfRun } from './ports.ts'

/** The names that `status` and the logs use. */
export type PartName = 'postgres' | 'storage' | 'issuer' | 'analytics' | 'service-bus' | HostName

/** A process for each of the two apps: forwarding then does not share an event loop with requests. */
type HostName = `${Side}-host`

export const ANALYTICS_DATABASE = 'trickle'

/** Records a process as soon as it exists. */
export type Spawned = (name: PartName, pid: number) => void

interface Context {
  readonly home: Home
  readonly ports: PortsOfRun
  readonly spawned: Spawned
  /** The secret of this run. Its servers let only clients with the secret do most things. */
  readonly secret: string
}

const storageFacts = z.object({ connectionString: z.string() })
const issuerFacts = z.object({ issuer: z.string(), audience: z.string(), jwksUrl: z.string() })
const analyticsFacts = z.object({
  url: z.string(),
  token: z.string(),
  database: z.string(),
  faultsUrl: z.string(),
})
const serviceBusFacts = z.object({ connectionString: z.string(), faultsUrl: z.string() })
const hostFacts = z.object({ url: z.string(), masterKey: z.string(), functions: z.array(z.string()) })

export type StorageFacts = z.infer<typeof storageFacts>
export type AnalyticsFacts = z.infer<typeof analyticsFacts>
export type ServiceBusFacts = z.infer<typeof serviceBusFacts>
export type HostFacts = z.infer<typeof hostFacts>

/** `startServer` starts PostgreSQL directly, without a child process of ours. Its facts are the running server. */
export function postgresPart(context: Context): KeptPart<RunningServer> {
  return firstOnPickedPorts(context.ports, {
    name: 'postgres',
    listensOn: ['postgres'],
    start: async (signal) => {
      const server = await startServer({
        dataFolder: context.home.postgres,
        port: context.ports.current.postgres,
        durable: true,
        // This run holds the home, so a server that runs on its data can only be left over from a killed run.
        takeOver: true,
        logFile: join(context.home.logs, 'postgres.log'),
        signal,
        spawned: (pid) => {
          context.spawned('postgres', pid)
        },
      })
      const ended = server.ended.then(({ code, signal: by }) =>
        by === null ? `ended with exit code ${code ?? '?'}` : `was ended by ${by}`,
      )
      return {
        pid: server.pid,
        facts: server,
        ended,
        stop: async () => {
          await server.stop()
        },
        kill: () => {
          void server.kill()
        },
      }
    },
  })
}

/** A part whose first start picks other ports if another program has taken the picked ones meanwhile. */
function firstOnPickedPorts<Facts>(
  ports: PortsOfRun,
  part: KeptPart<Facts> & { readonly listensOn: readonly PortName[] },
): KeptPart<Facts> {
  let hasServed = false
  return {
    name: part.name,
    async start(signal) {
      const running = await (hasServed
        ? part.start(signal)
        : ports.startOn(part.listensOn, () => part.start(signal)))
      hasServed = true
      return running
    },
  }
}

export function storagePart(context: Context): KeptPart<StorageFacts> {
  const { home, ports } = context
  return childPart(context, 'storage', {
    program: 'local/storage/main.ts',
    listensOn: ['blob', 'queue'],
    args: () => {
      const { blob, queue } = ports.current
      return ['--data', home.storage, '--blob-port', String(blob), '--queue-port', String(queue)]
    },
    factsSchema: storageFacts,
  })
}

type ChildFacts<Facts> = Pick<ChildPartOptions<Facts>, 'program' | 'factsSchema'> & {
  readonly listensOn: readonly PortName[]
  /** Called at each start, since another port may have been picked. */
  readonly args: () => readonly string[]
  /** Called at each start too. */
  readonly settings?: () => Record<string, string>
}

function childPart<Facts>(context: Context, name: PartName, child: ChildFacts<Facts>): KeptPart<Facts> {
  const { settings, args, listensOn, ...options } = child
  return firstOnPickedPorts(context.ports, {
    name,
    listensOn,
    start: async (signal) =>
      await startChildPart({
        ...options,
        args: args(),
        name,
        environment: { ...basicEnvironment(), ...settings?.() },
        logFile: join(context.home.logs, `${name}.log`),
        signal,
        spawned: (pid) => {
          context.spawned(name, pid)
        },
      }),
  })
}

export function issuerPart(context: Context): KeptPart<z.infer<typeof issuerFacts>> {
  return childPart(context, 'issuer', {
    program: 'local/issuer/main.ts',
    listensOn: ['issuer'],
    args: () => ['--port', String(context.ports.current.issuer), '--data', context.home.issuer],
    factsSchema: issuerFacts,
  })
}

export function analyticsPart(
  context: Context,
  storage: StorageFacts,
  via: string | undefined,
): KeptPart<AnalyticsFacts> {
  const { home, ports, secret } = context
  const proxy = via === undefined ? [] : ['--via', new URL(`http://${via}`).hostname]
  const folders = ['--data', home.analytics, '--kql', 'infra/kql']
  return childPart(context, 'analytics', {
    program: 'local/analytics/main.ts',
    listensOn: ['analytics'],
    args: () => [
      '--port',
      String(ports.current.analytics),
      ...folders,
      '--database',
      ANALYTICS_DATABASE,
      ...proxy,
    ],
    factsSchema: analyticsFacts,
    settings: () => ({
      TRICKLE_LOCAL_STORAGE: storage.connectionString,
      TRICKLE_LOCAL_SECRET: secret,
    }),
  })
}

export function serviceBusPart(context: Context): KeptPart<ServiceBusFacts> {
  const { home, ports, secret } = context
  return childPart(context, 'service-bus', {
    program: 'local/service-bus/main.ts',
    listensOn: ['serviceBus', 'serviceBusFaults'],
    args: () => {
      const { serviceBus, serviceBusFaults } = ports.current
      return [
        '--data',
        home.serviceBus,
        '--port',
        String(serviceBus),
        '--faults-port',
        String(serviceBusFaults),
      ]
    },
    factsSchema: serviceBusFacts,
    settings: () => ({ TRICKLE_LOCAL_SECRET: secret }),
  })
}

/** For each app: the name of its port, and the folder of its host. */
const placeOfApp = {
  public: { port: 'functions', folder: 'host' },
  background: { port: 'background', folder: 'backgroundHost' },
} as const

/** The host of one of the two apps, on the one bundle. */
export function hostPart(context: Context, app: Side, addresses: FunctionsAddresses): KeptPart<HostFacts> {
  const { home, ports } = context
  const cors = corsOrigins()
  const origins = cors === undefined ? [] : ['--cors', cors]
  const { port, folder } = placeOfApp[app]
  const other = placeOfApp[otherSide(app)]
  return childPart(context, `${app}-host`, {
    program: 'packages/functions-host/main.ts',
    listensOn: [port],
    args: () => [
      '--app',
      home.app,
      '--port',
      String(ports.current[port]),
      '--state',
      home[folder],
      ...origins,
    ],
    factsSchema: hostFacts,
    // Both start at the same time. If the other one's port was taken at that moment, this address is an old one until
    // the next start; it only stands in the answers to requests that belong there.
    settings: () => functionsSettings(addresses, app, `http://127.0.0.1:${ports.current[other.port]}`),
  })
}
