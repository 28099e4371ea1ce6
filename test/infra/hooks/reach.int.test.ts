import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withClient } from '../../../database/index.ts'
import { startTestServer } from '../../../local/postgres/index.ts'
import type { TestServer } from '../../../local/postgres/index.ts'
import { eventually } from '../../support/eventually.ts'
import { administratorUrl, environmentOf, makeLikeAzure, reset, runHookOn } from './azure-server.ts'
import { startManagement } from './management-stand-in.ts'

/** A server that answers every login with one refusal, as PostgreSQL words it on the wire. */
async function startRefusing(code: string, message: string) {
  const fields = `SFATAL\0VFATAL\0C${code}\0M${message}\0\0`
  const refusal = Buffer.concat([Buffer.from('E'), Buffer.alloc(4), Buffer.from(fields)])
  refusal.writeUInt32BE(refusal.length - 1, 1)
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(refusal))
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `postgres://anna:anna@127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
      }),
  }
}

describe('a server that can not be reached', () => {
  it.each([
    ['57P03', 'the database system is starting up', 'SERVER_RESTARTING'],
    ['28P01', 'The access token has expired.', 'TOKEN_EXPIRED'],
    ['28000', 'role "anna" does not exist', 'NOT_ADMINISTRATOR'],
    ['28000', 'no pg_hba.conf entry for host "203.0.113.7", user "anna"', 'NO_ROUTE'],
  ])('says %s %s', async (code, message, failure) => {
    const refusing = await startRefusing(code, message)
    const environment = environmentOf(refusing.url, {
      TRICKLE_HOOK_POSTGRES_URL: refusing.url,
      TRICKLE_HOOK_WAIT_SECONDS: '1',
    })
    await expect(runHookOn(environment)).rejects.toMatchObject({
      code: failure,
      message: expect.stringContaining(message) as string,
    })
    await refusing.close()
  })

  it('refuses the connection; behind a private network that means something else', async () => {
    const gone = await startRefusing('', '')
    await gone.close()
    const environment = environmentOf(gone.url, { TRICKLE_HOOK_POSTGRES_URL: gone.url })
    await expect(runHookOn(environment)).rejects.toMatchObject({ code: 'NO_ROUTE' })
    await expect(runHookOn({ ...environment, TRICKLE_NETWORK: 'private' })).rejects.toMatchObject({
      code: 'PRIVATE_NETWORK',
    })
  })
})

describe('a server whose firewall shuts this machine out', () => {
  let server: TestServer
  let management: Awaited<ReturnType<typeof startManagement>>
  let hba: string
  let open: string
  beforeAll(async () => {
    server = await startTestServer()
    management = await startManagement()
    await makeLikeAzure(server.adminUrl)
    hba = join(server.dataFolder, 'pg_hba.conf')
    open = readFileSync(hba, 'utf8')
  })
  afterAll(async () => {
    await management.close()
    await server.dispose()
  })

  async function setHba(text: string): Promise<void> {
    writeFileSync(hba, text)
    await withClient(server.adminUrl, (client) => client.query('select pg_reload_conf()'))
  }
  /** The server reads the file a moment after it was told to. */
  async function shut(): Promise<void> {
    await setHba('host all postgres 127.0.0.1/32 scram-sha-256\n')
    await eventually(() =>
      withClient(administratorUrl(server.adminUrl), () => Promise.resolve('in')).catch(() => 'out'),
    ).toBe('out')
  }

  it('lets it in by a rule for as long as the hook runs', async () => {
    await reset(server.adminUrl)
    await shut()
    management.plan({ effect: () => setHba(open) }, { effect: shut })
    const environment = environmentOf(server.adminUrl, {
      TRICKLE_HOOK_MANAGEMENT_URL: management.url,
      TRICKLE_CLIENT_ADDRESS: '203.0.113.7',
    })
    const { text } = await runHookOn(environment)
    expect(text).toContain('rule trickle-hook lets 203.0.113.7 in while this hook runs')
    expect(text).toContain('rule trickle-hook is gone again')
    expect(text).toContain('Done')
    expect(
      management.requests.map(({ method, authorization }) => `${method} ${authorization ?? ''}`),
    ).toEqual(['PUT Bearer stand-in', 'DELETE Bearer stand-in'])
    await expect(runHookOn({ ...environment, TRICKLE_CLIENT_ADDRESS: 'off' })).rejects.toMatchObject({
      code: 'NO_ROUTE',
      message: expect.stringContaining('no pg_hba.conf entry for host') as string,
    })
  })

  it('takes the rule away after a failure as well', async () => {
    await reset(server.adminUrl)
    await withClient(server.adminUrl, (client) => client.query('create database trickle'))
    await shut()
    management.requests.length = 0
    management.plan({ effect: () => setHba(open) }, { effect: shut })
    const environment = environmentOf(server.adminUrl, {
      TRICKLE_HOOK_MANAGEMENT_URL: management.url,
      TRICKLE_CLIENT_ADDRESS: '203.0.113.7',
    })
    await expect(runHookOn(environment)).rejects.toMatchObject({ code: 'DATABASE_OF_OTHERS' })
    expect(management.requests.map(({ method }) => method)).toEqual(['PUT', 'DELETE'])
  })

  it('takes the rule away when the run is given up', async () => {
    await shut()
    management.requests.length = 0
    const file = fileURLToPath(new URL('../../../infra/hooks/postprovision.mjs', import.meta.url))
    const child = spawn(process.execPath, [file], {
      env: {
        PATH: process.env['PATH'] ?? '',
        ...environmentOf(server.adminUrl, {
          TRICKLE_HOOK_MANAGEMENT_URL: management.url,
          TRICKLE_CLIENT_ADDRESS: '203.0.113.7',
        }),
      },
    })
    let output = ''
    child.stdout.on('data', (bytes) => (output += String(bytes)))
    const ended = new Promise<number | null>((resolve) => {
      child.once('exit', resolve)
    })
    // The rule stands and lets nobody in: the run waits.
    await eventually(() => output).toContain('lets 203.0.113.7 in')
    child.kill('SIGINT')
    expect(await ended).toBe(130)
    expect(management.requests.map(({ method }) => method)).toEqual(['PUT', 'DELETE'])
    expect(output).toContain('is gone again')
  })
})
