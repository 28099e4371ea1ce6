import { join } from 'node:path'
import { z } from 'zod'
import { startServer } from '../postgres/index.ts'
import type { RunningServer } from '../postgres/index.ts'
import { basicEnvironment, functionsSettings } from './environment.ts'
import type { FunctionsAddresses } from './environment.ts'
import type { Home } from './home.ts'
import type { KeptPart } from './keeper.ts'
import { corsOrigins } from './local-settings.ts'
import { startChildPart } from './part.ts'
import type { ChildPartOptions } from './part.ts'
import type { RunPorts } from './ports.ts'

/** The names that `status` and the logs use. */
export type PartName = 'postgres' | 'storage' | 'issuer' | 'analytics' | 'functions-host'

export const analyticsDatabase = 'trickle'

/** Records a process as soon as it exists. */
export type Spawned = (name: PartName, pid: number) => void

interface Context {
  readonly home: Home
  readonly ports: RunPorts
  readonly spawned: Spawned
  /** Of this run, for what its servers let only their own clients do. */
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
const hostFacts = z.object({ url: z.string(), masterKey: z.string(), functions: z.array(z.string()) })

export type StorageFacts = z.infer<typeof storageFacts>
export type AnalyticsFacts = z.infer<typeof analyticsFacts>
export type HostFacts = z.infer<typeof hostFacts>

type ChildFacts<Facts> = Pick<ChildPartOptions<Facts>, 'program' | 'args' | 'factsSchema'> & {
  readonly settings?: Record<string, string>
}

function childPart<Facts>(context: Context, name: PartName, child: ChildFacts<Facts>): KeptPart<Facts> {
  const { settings, ...options } = child
  return {
    name,
    start: async (signal) =>
      await startChildPart({
        ...options,
        name,
        environment: { ...basicEnvironment(), ...settings },
        logFile: join(context.home.logs, `${name}.log`),
        signal,
        spawned: (pid) => {
          context.spawned(name, pid)
        },
      }),
  }
}

/** PostgreSQL is started by its own door, not by a process of ours between: its facts are the server itself. */
export function postgresPart(context: Context): KeptPart<RunningServer> {
  return {
    name: 'postgres',
    start: async (signal) => {
      const server = await startServer({
        dataFolder: context.home.postgres,
        port: context.ports.postgres,
        durable: true,
        // The home is held by this run: a server on its data can only be what a killed run left behind.
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
  }
}

export function storagePart(context: Context): KeptPart<StorageFacts> {
  const { blob, queue } = context.ports
  return childPart(context, 'storage', {
    program: 'local/storage/main.ts',
    args: ['--data', context.home.storage, '--blob-port', String(blob), '--queue-port', String(queue)],
    factsSchema: storageFacts,
  })
}

export function issuerPart(context: Context): KeptPart<z.infer<typeof issuerFacts>> {
  return childPart(context, 'issuer', {
    program: 'local/issuer/main.ts',
    args: ['--port', String(context.ports.issuer), '--data', context.home.issuer],
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
    args: ['--port', String(ports.analytics), ...folders, '--database', analyticsDatabase, ...proxy],
    factsSchema: analyticsFacts,
    settings: { TRICKLE_LOCAL_STORAGE: storage.connectionString, TRICKLE_LOCAL_SECRET: secret },
  })
}

export function hostPart(context: Context, addresses: FunctionsAddresses): KeptPart<HostFacts> {
  const { home, ports } = context
  const cors = corsOrigins()
  const origins = cors === undefined ? [] : ['--cors', cors]
  return childPart(context, 'functions-host', {
    program: 'local/functions-host/main.ts',
    args: ['--app', home.app, '--port', String(ports.functions), '--state', home.host, ...origins],
    factsSchema: hostFacts,
    settings: functionsSettings(addresses),
  })
}
