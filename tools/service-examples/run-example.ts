import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { openBadDoor } from './bad-door.ts'
import type { BadDoor } from './bad-door.ts'
import type { Program } from './programs.ts'

/** A running product, and tokens for it. */
export interface Product {
  readonly url: string
  /** The address of the app that serves operators. */
  readonly operatorUrl: string
  readonly operatorToken: string
  readonly serviceToken: string
}

/** A program did not do what the page promises. */
export class ExampleFailure extends Error {}

/** The first `dotnet run` compiles, which takes a minute on a busy machine. */
const PROGRAM_TIMEOUT_MS = 240_000
/** The feed shows an event only after earlier transactions have ended. On a busy machine a run may read too early. */
const RUNS_MAX = 10

const credentials = { client_id: 'backend', client_secret: 'a secret', scope: 'api://trickle/.default' }
const HANDLED = 'handled OrderPlaced placed-4711'

/**
 * Runs a program for a new tenant until it has handled its event, and then once more. Then checks the result.
 * @throws ExampleFailure
 */
export async function runExample(program: Program, product: Product): Promise<void> {
  const tenant = `${program.language}-${randomBytes(4).toString('hex')}`
  await createTenant(product, tenant)
  const folder = await mkdtemp(join(tmpdir(), 'trickle-example-'))
  const door = await openBadDoor({ url: product.url, token: product.serviceToken, credentials })
  try {
    await writeFile(join(folder, program.file), program.text)
    const lines: string[] = []
    let runs = 0
    for (const isDone = () => lines.includes(HANDLED); !isDone() && runs < RUNS_MAX; runs += 1)
      lines.push(...(await linesOf(program, folder, door, tenant)))
    lines.push(...(await linesOf(program, folder, door, tenant)))
    runs += 1
    expectEqual(program, 'lines of all runs', lines.toSorted(), [
      ...Array.from({ length: runs }, () => 'appended placed-4711'),
      HANDLED,
    ])
    // The first attempt was refused, the answer to the second was lost. The third attempt, and each later run, got the
    // second attempt's result again.
    expectEqual(program, 'appends', door.passages, [
      'refused',
      'lost',
      ...Array.from({ length: runs }, (): string => 'replayed'),
    ])
    expectEqual(program, 'tokens', door.tokens, runs)
    expectEqual(program, 'events', await eventIds(product, tenant), ['placed-4711'])
  } finally {
    door.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function linesOf(program: Program, folder: string, door: BadDoor, tenant: string): Promise<string[]> {
  const environment = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'] ?? folder,
    // dotnet does not start without a home folder. The next two settings keep its own messages out of the output.
    DOTNET_CLI_HOME: process.env['DOTNET_CLI_HOME'] ?? process.env['HOME'] ?? folder,
    DOTNET_NOLOGO: '1',
    DOTNET_CLI_TELEMETRY_OPTOUT: '1',
    TRICKLE_URL: door.url,
    TRICKLE_TENANT: tenant,
    TOKEN_URL: door.tokenUrl,
    CLIENT_ID: credentials.client_id,
    CLIENT_SECRET: credentials.client_secret,
    SCOPE: credentials.scope,
  }
  try {
    const { stdout } = await promisify(execFile)(program.command, program.arguments, {
      cwd: folder,
      env: environment,
      timeout: PROGRAM_TIMEOUT_MS,
    })
    return stdout.split(/\r?\n/u).filter((line) => line !== '')
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new ExampleFailure(`${program.language}: the program failed.\n${stdout}${stderr}`, { cause: error })
  }
}

function expectEqual(program: Program, what: string, found: unknown, expected: unknown): void {
  const [left, right] = [JSON.stringify(found), JSON.stringify(expected)]
  if (left !== right) throw new ExampleFailure(`${program.language}: ${what}: ${left}, not ${right}`)
}

/** Creates a tenant. @throws ExampleFailure */
export async function createTenant({ operatorUrl, operatorToken }: Product, slug: string): Promise<void> {
  const response = await fetch(`${operatorUrl}/api/tenants/bulk`, {
    method: 'POST',
    headers: { authorization: `Bearer ${operatorToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ tenants: [{ slug }] }),
  })
  if (!response.ok) throw new ExampleFailure(`the tenant could not be made: ${await response.text()}`)
}

async function eventIds({ url, serviceToken }: Product, tenant: string): Promise<string[]> {
  const response = await fetch(`${url}/api/streams/order-4711/events`, {
    headers: { authorization: `Bearer ${serviceToken}`, 'trickle-tenant': tenant },
  })
  const { events = [] } = (await response.json()) as { events?: { id: string }[] }
  return events.map(({ id }) => id)
}
