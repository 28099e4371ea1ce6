import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** The program could not be compiled, or it did not see what it should. */
export class QueueClientFailure extends Error {}

/** The first restore of NuGet's packages and the compilation take half a minute on a busy machine. */
const STEP_TIMEOUT_MS = 240_000

/** What the program prints when each thing is as Service Bus promises it. */
export const EXPECTED_LINES: readonly string[] = [
  'sent one twice, and a batch of three',
  'looked at 4',
  'received 4, each once',
  'renewed, completed, abandoned and dead-lettered',
  'dead letter: Malformed, it has no tenant, of trickle-nudges',
  'processed bad 1, bad 2, good 1',
  'a message without a session is refused',
  'a session has one holder',
  'odd 1 3 5',
  'even 2 4 6',
  'a queue that there is not is refused',
]

/**
 * Compiles the program in a folder of its own and runs it.
 * @param connectionString as `status --json` tells it
 * @throws QueueClientFailure with what the step printed
 */
export async function tryQueueClient(connectionString: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'trickle-queue-client-'))
  try {
    await cp(join(import.meta.dirname, 'csharp'), folder, { recursive: true })
    const build = ['build', '--output', 'built', '--verbosity', 'quiet', '-warnaserror']
    await outputOf(folder, build, connectionString)
    const printed = await outputOf(folder, ['built/queues.dll'], connectionString)
    const lines = printed.split(/\r?\n/u).filter((line) => line !== '')
    if (JSON.stringify(lines) !== JSON.stringify(EXPECTED_LINES))
      throw new QueueClientFailure(`The program saw something else than it should:\n${printed}`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function outputOf(folder: string, words: readonly string[], connectionString: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('dotnet', words, {
      cwd: folder,
      env: {
        ...process.env,
        // dotnet does not start without a home folder.
        DOTNET_CLI_HOME: process.env['DOTNET_CLI_HOME'] ?? process.env['HOME'] ?? folder,
        DOTNET_NOLOGO: '1',
        DOTNET_CLI_TELEMETRY_OPTOUT: '1',
        SERVICE_BUS: connectionString,
      },
      timeout: STEP_TIMEOUT_MS,
    })
    return stdout
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new QueueClientFailure(`dotnet ${words.join(' ')}\n${stdout}${stderr}`, { cause: error })
  }
}
