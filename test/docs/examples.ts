import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Api } from '../support/api.ts'

export const repository = fileURLToPath(new URL('../..', import.meta.url))
const execute = promisify(execFile)

export interface Example {
  readonly command: string
  /** What the page shows as the answer; null where it shows none. */
  readonly answer: string | null
}

/** Shell blocks of a text, each with the block of an answer after it. */
export function examplesOf(markdown: string): Example[] {
  return [...markdown.matchAll(/```sh\n([\s\S]*?)```(?:\s*```(?:json|text)\n([\s\S]*?)```)?/g)].map(
    ([, command = '', answer]) => ({ command, answer: answer ?? null }),
  )
}

/**
 * What a command prints in a shell beside the running product, after the commands before it, in a tenant of the file's
 * own. What earlier commands have appended comes whole in it.
 */
export async function outputOf(api: Api, before: string, command: string): Promise<string> {
  const { run: local, slugs } = api
  const script = `${before}${command}`
    .replaceAll('http://localhost:7071', local.url)
    .replaceAll('http://localhost:7072', local.background.url)
    .replaceAll('--tenant acme', `--tenant ${slugs.acme}`)
    // What npm does before the command has a test of its own (command-form.int), and takes a second each time.
    .replaceAll(/npx trickle (append|read|tail)\b/g, `npx trickle $1 --tenant ${slugs.acme}`)
    .replaceAll(/npx trickle (\w+)/g, `node cli/bin.mjs $1 --home ${local.home}`)
    .replaceAll('Trickle-Tenant: acme', `Trickle-Tenant: ${slugs.acme}`)
  await api.feedSettled()
  const path = `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`
  const { stdout } = await execute('bash', ['-euc', script], {
    cwd: repository,
    env: { ...process.env, PATH: path },
  })
  return stdout
}
