import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { GraphStandIn } from './graph-stand-in.ts'

const repository = join(import.meta.dirname, '..', '..', '..')

let folder: string
let graph: GraphStandIn
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trickle-azure-'))
  graph = await new GraphStandIn().start()
})
afterEach(async () => {
  await graph.stop()
  rmSync(folder, { recursive: true })
})

/** The Azure CLI, as far as Microsoft's SDK asks it: it prints a token, or that nobody is signed in. */
function installAz(script: string): void {
  const file = join(folder, 'az')
  writeFileSync(file, `#!/bin/sh\n${script}\n`)
  chmodSync(file, 0o755)
}

const SIGNED_IN = `echo '{"accessToken":"a-token","expiresOn":"2099-01-01 00:00:00.000000","expires_on":4070908800,"tenant":"t","tokenType":"Bearer"}'`

interface Ended {
  readonly code: number
  readonly out: string
  readonly error: string
}

function trickle(...words: string[]): Promise<Ended> {
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` }
  return new Promise((resolve) => {
    execFile(process.execPath, ['cli/main.ts', ...words], { cwd: repository, env }, (error, out, told) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, error: told }),
    )
  })
}

describe('trickle azure register', () => {
  it('registers with the login of az, and prints what the azd environment needs', async () => {
    installAz(SIGNED_IN)
    const words = ['azure', 'register', '--operator', '--me', 'acme', '--graph-url', graph.url]
    const planned = await trickle(...words, '--dry-run')
    expect(planned).toMatchObject({ code: 0 })
    expect(planned.error).toContain('would register the application trickle-operator')
    expect(graph.writes).toEqual([])

    const { code, out, error } = await trickle(...words)
    expect({ code, error }).toMatchObject({ code: 0 })
    expect(error).toContain('will make acme your tenant')
    const audience = String(graph.application('trickle')?.['appId'])
    const operator = String(graph.application('trickle-operator')?.['appId'])
    expect(out).toContain(
      'azd env set TRICKLE_AUTH_ISSUER "https://login.microsoftonline.com/directory-1/v2.0"',
    )
    expect(out).toContain(`azd env set TRICKLE_AUTH_AUDIENCE "${audience}"`)
    expect(out).toContain(`azd env set TRICKLE_AUTH_APPLICATIONS '{"operator":["${operator}"]}'`)
  })

  it('says that a login is needed', async () => {
    installAz(`echo 'Please run "az login" to setup account.' >&2; exit 1`)
    const { code, error } = await trickle('azure', 'register', '--graph-url', graph.url)
    expect(code).toBe(1)
    expect(error).toMatch(/The Azure CLI gives no token for Microsoft Graph: .*az login/u)
    expect(graph.writes).toEqual([])
  })

  it.each([
    [['deploy'], 'Unknown subcommand: azure deploy.'],
    [['register', '--me', 'No Slug'], '--me: "No Slug" is no slug of a tenant.'],
    [['register', '--secret-days', '7'], '--secret-days makes secrets of --operator and --backend'],
    [
      ['register', '--operator', '--secret-days', '9999'],
      '--secret-days takes a number of days from 1 to 730',
    ],
    [['register', '--graph-url', 'http://graph.example/v1.0/'], '--graph-url takes an https address'],
  ])('refuses %j', async (words, message) => {
    const { code, error } = await trickle('azure', ...words)
    expect(code).toBe(2)
    expect(error).toContain(message)
  })
})
