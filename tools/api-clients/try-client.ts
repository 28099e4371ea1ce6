import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { GeneratedClient, Step } from './clients.ts'

/** A client could not be made, or its program did not do what the page says. */
export class ClientFailure extends Error {}

export interface Target {
  readonly url: string
  /** Of a writer and reader of a tenant. */
  readonly tenantToken: string
}

/** The first restore of NuGet's packages and the first compilation take half a minute on a busy machine. */
const STEP_TIMEOUT_MS = 240_000
/** The feed shows an event only after earlier transactions have ended. On a busy machine a program may end too early. */
const RUNS_MAX = 5

/** What each program prints. */
export const EXPECTED_LINES = [
  'appended version 1',
  'conflict at version 1',
  'appended version 2',
  'read 1 OrderPlaced',
  'read 2 OrderPaid',
  'followed OrderPlaced',
  'followed OrderPaid',
] as const

/**
 * Makes a client of the document that a running product serves, and runs the program with it.
 * @throws ClientFailure that says which step failed, with what it printed
 */
export async function tryClient(client: GeneratedClient, program: string, target: Target): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'trickle-client-'))
  try {
    for (const [from, to] of Object.entries(client.files)) {
      await mkdir(dirname(join(folder, to)), { recursive: true })
      await copyFile(join(import.meta.dirname, from), join(folder, to))
    }
    await writeFile(join(folder, client.program), program)
    await writeFile(join(folder, 'openapi.json'), await documentOf(target.url))
    for (const step of client.steps) await outputOf(client, folder, step, target)
    await countFiles(client, folder)
    await runUntilFollowed(client, folder, target)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function documentOf(url: string): Promise<string> {
  const response = await fetch(`${url}/api/openapi.json`)
  if (!response.ok) throw new ClientFailure(`the document is answered ${response.status}`)
  return await response.text()
}

async function countFiles({ heading, most }: GeneratedClient, folder: string): Promise<void> {
  if (most === undefined) return
  const entries = await readdir(join(folder, most.folder), { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).length
  if (files >= most.files)
    throw new ClientFailure(`${heading}: ${files} files, and fewer than ${most.files} are allowed`)
}

async function runUntilFollowed(client: GeneratedClient, folder: string, target: Target): Promise<void> {
  let printed = ''
  for (let runs = 0; runs < RUNS_MAX; runs += 1) {
    printed = await outputOf(client, folder, client.run, target)
    const lines = printed.split(/\r?\n/u).filter((line) => line !== '')
    if (JSON.stringify(lines) === JSON.stringify(EXPECTED_LINES)) return
  }
  throw new ClientFailure(`${client.heading}: the program did not print what the page says, but\n${printed}`)
}

async function outputOf(
  { heading }: GeneratedClient,
  folder: string,
  [command, ...words]: Step,
  target: Target,
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, words, {
      cwd: folder,
      env: environmentOf(folder, target),
      timeout: STEP_TIMEOUT_MS,
    })
    return stdout
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new ClientFailure(`${heading}: ${[command, ...words].join(' ')}\n${stdout}${stderr}`, {
      cause: error,
    })
  }
}

/** The proxies and folders of this machine stay; the generators are told to keep to themselves. */
const environmentOf = (folder: string, { url, tenantToken }: Target): NodeJS.ProcessEnv => ({
  ...process.env,
  // dotnet does not start without a home folder.
  DOTNET_CLI_HOME: process.env['DOTNET_CLI_HOME'] ?? process.env['HOME'] ?? folder,
  DOTNET_NOLOGO: '1',
  DOTNET_CLI_TELEMETRY_OPTOUT: '1',
  // Otherwise Kiota asks GitHub for a newer version of itself.
  KIOTA_OFFLINE_ENABLED: 'true',
  KIOTA_TUTORIAL_ENABLED: 'false',
  REDOCLY_TELEMETRY: 'off',
  REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
  TRICKLE_URL: url,
  TRICKLE_TOKEN: tenantToken,
})
