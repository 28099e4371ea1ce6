import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { signToken } from '../../local/issuer/index.ts'
import { startChild } from './child.ts'
import type { BenchChild } from './child.ts'
import type { BenchServer } from './server.ts'

const issuerSchema = z.object({ issuer: z.string(), audience: z.string(), jwksUrl: z.string() })
const hostSchema = z.object({ url: z.string(), masterKey: z.string() })

/** Longer than any run. */
const TOKEN_SECONDS = 6 * 3_600

export type BenchHost = BenchChild<z.output<typeof hostSchema>>

export interface Issuer {
  readonly facts: z.output<typeof issuerSchema>
  /** A token to read and write as this tenant. */
  token(tenantSlug: string): Promise<string>
  operatorToken(): Promise<string>
  stop(): Promise<void>
}

/** Starts a token issuer for this run. */
export async function startIssuer(scratchFolder: string): Promise<Issuer> {
  const folder = join(scratchFolder, 'issuer')
  const child = await startChild({
    program: 'local/issuer/main.ts',
    args: ['--port', '0', '--data', folder],
    factsSchema: issuerSchema,
  })
  const common = { expiresInSeconds: TOKEN_SECONDS, subject: 'bench' }
  return {
    facts: child.facts,
    token: (tenant) => signToken(folder, { ...common, tenant, roles: ['writer', 'reader'] }),
    operatorToken: () => signToken(folder, { ...common, roles: ['operator'] }),
    stop: () => child.stop(),
  }
}

/** The settings of our app: no analytics, so nothing is forwarded while requests are measured. */
export function appSettings(server: BenchServer, issuer: Issuer): Record<string, string> {
  return {
    TRICKLE_ENVIRONMENT: 'local',
    TRICKLE_POSTGRES_APP_URL: server.url('trickle_app'),
    TRICKLE_POSTGRES_WORKER_URL: server.url('trickle_worker'),
    TRICKLE_POSTGRES_FORWARDER_URL: server.url('trickle_forwarder'),
    TRICKLE_POSTGRES_OPERATOR_URL: server.url('trickle_operator'),
    TRICKLE_AUTH_ISSUER: issuer.facts.issuer,
    TRICKLE_AUTH_AUDIENCE: issuer.facts.audience,
    TRICKLE_AUTH_JWKS_URL: issuer.facts.jwksUrl,
    // Once a year: the timer must be registered, as in a deployed app, but it must not run during the measurement.
    TRICKLE_FORWARDING_SCHEDULE: '0 0 0 1 1 *',
  }
}

/** Starts a Functions host on a bundle. Its state folder is new, so that it makes new keys, as after a deployment. */
export async function startHost(
  appFolder: string,
  scratchFolder: string,
  settings: Readonly<Record<string, string>>,
): Promise<BenchHost> {
  const state = await mkdtemp(join(scratchFolder, 'state-'))
  return startChild({
    program: 'packages/functions-host/main.ts',
    args: ['--app', appFolder, '--port', '0', '--state', state],
    environment: settings,
    factsSchema: hostSchema,
  })
}
