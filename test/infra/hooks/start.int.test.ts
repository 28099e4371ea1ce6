import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer } from '../../../local/postgres/index.ts'
import type { TestServer } from '../../../local/postgres/index.ts'
import { environmentOf, makeLikeAzure } from './azure-server.ts'
import { requiredParameters } from './sizes-sample.ts'

/** As azd starts a hook: plain node on the file that azure.yaml names, from another folder, with variables alone. */
async function runAsAzd(hook: string, environment: Readonly<Record<string, string>>) {
  const file = fileURLToPath(new URL(`../../../infra/hooks/${hook}.mjs`, import.meta.url))
  const child = spawn(process.execPath, [file], {
    cwd: tmpdir(),
    env: { PATH: process.env['PATH'] ?? '', ...environment },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (output += String(bytes)))
  const code = await new Promise<number | null>((resolve) => {
    child.once('close', resolve)
  })
  return { code, output }
}

describe('as azd starts them', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer()
    await makeLikeAzure(server.adminUrl)
  })
  afterAll(() => server.dispose())

  it('the first hook says what it will cost, or fails and says why', async () => {
    expect(await runAsAzd('preprovision', requiredParameters)).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^Size dev, public network: about \$\d+ a month/) as string,
    })
    expect(await runAsAzd('preprovision', { ...requiredParameters, TRICKLE_SIZE: 'huge' })).toMatchObject({
      code: 1,
      output: expect.stringContaining('PARAMETER_INVALID: TRICKLE_SIZE is "huge"') as string,
    })
  })

  it('the second hook brings a server to its state, and once more changes nothing', async () => {
    const environment = environmentOf(server.adminUrl)
    const first = await runAsAzd('postprovision', environment)
    expect(first.output).toContain('Done, with')
    expect(first.code).toBe(0)
    const second = await runAsAzd('postprovision', environment)
    expect(second.output).toContain('Nothing had to be changed')
    expect(second.code).toBe(0)
    expect(first.output + second.output).not.toContain('anna:')
  })

  it('the second hook fails with what to do before anything is provisioned', async () => {
    expect(await runAsAzd('postprovision', {})).toMatchObject({
      code: 1,
      output: expect.stringContaining('mend:  Run: azd provision') as string,
    })
  })
})
