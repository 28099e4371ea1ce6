import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readIssuer, rotateKey, signToken } from '../../../local/issuer/index.ts'
import { serveIssuer } from '../../../local/issuer/issuer-server.ts'
import { pages, send } from '../loopback/page.ts'

describe('the local token issuer', () => {
  let folder: string
  const stops: (() => unknown)[] = []
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'trickle-issuer-'))
  })
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
    rmSync(folder, { recursive: true })
  })

  async function serve(port = 0): Promise<Awaited<ReturnType<typeof serveIssuer>>> {
    const issuer = await serveIssuer({ folder, port })
    stops.push(issuer.stop)
    return issuer
  }

  const writer = { tenant: 'acme', roles: ['writer', 'reader'], expiresInSeconds: 60, subject: 'someone' }

  /** As any client would: from the issuer's address alone. */
  async function check(token: string, issuer: string): Promise<Record<string, unknown>> {
    const found: unknown = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()
    expect(found).toMatchObject({ issuer, jwks_uri: `${issuer}/jwks.json` })
    const keys = createRemoteJWKSet(new URL(`${issuer}/jwks.json`))
    return (await jwtVerify(token, keys, { issuer, audience: 'api://trickle' })).payload
  }

  test.each(pages)('%s gets nothing', async (_name, headers) => {
    const { facts } = await serve()
    for (const path of ['/.well-known/openid-configuration', '/jwks.json', '/token'])
      expect((await send(`${facts.issuer}${path}`, headers)).status).toBe(403)
  })

  test('nobody gets a token over HTTP', async () => {
    const { facts } = await serve()
    for (const method of ['GET', 'POST', 'PUT'])
      for (const path of ['/token', '/oauth2/v2.0/token', '/signing-keys.json', '/']) {
        const answer = await send(`${facts.issuer}${path}`, { host: 'localhost' }, { method })
        expect([404, 405]).toContain(answer.status)
      }
  })

  test('a token can be checked from the issuer address alone', async () => {
    const { facts } = await serve()
    const payload = await check(await signToken(folder, writer), facts.issuer)
    expect(payload).toMatchObject({ tenant: 'acme', roles: ['writer', 'reader'], sub: 'someone' })
    expect((payload['exp'] as number) - (payload['iat'] as number)).toBe(60)
  })

  test('an operator token names no tenant, and an expired one is refused', async () => {
    const { facts } = await serve()
    const operator = { roles: ['operator'], expiresInSeconds: 60, subject: 'operator' }
    expect(await check(await signToken(folder, operator), facts.issuer)).not.toHaveProperty('tenant')
    const late = signToken(folder, { ...operator, expiresInSeconds: -1 })
    await expect(check(await late, facts.issuer)).rejects.toMatchObject({ code: 'ERR_JWT_EXPIRED' })
  })

  test('tokens survive a restart of the issuer, and the private key stays in its file', async () => {
    const first = await serve()
    const token = await signToken(folder, writer)
    await first.stop()
    stops.length = 0
    const port = Number(new URL(first.facts.issuer).port)
    const second = await serve(port)
    expect(await check(token, second.facts.issuer)).toMatchObject({ tenant: 'acme' })
    expect(statSync(join(folder, 'signing-keys.json')).mode & 0o777).toBe(0o600)
    const published = await (await fetch(second.facts.jwksUrl)).text()
    expect(Object.keys((JSON.parse(published) as { keys: object[] }).keys[0] ?? {}).toSorted()).toEqual([
      'alg',
      'e',
      'kid',
      'kty',
      'n',
      'use',
    ])
  })

  test('a rotation signs with a new key at once, and the two before it stay good', async () => {
    const { facts } = await serve()
    const tokens = [await signToken(folder, writer)]
    for (let turn = 0; turn < 3; turn += 1) {
      const kid = await rotateKey(folder)
      const token = await signToken(folder, writer)
      expect(decodeProtectedHeader(token).kid).toBe(kid)
      tokens.push(token)
    }
    for (const token of tokens.slice(1)) expect(await check(token, facts.issuer)).toHaveProperty('tenant')
    await expect(check(tokens[0] ?? '', facts.issuer)).rejects.toMatchObject({
      code: 'ERR_JWKS_NO_MATCHING_KEY',
    })
  })

  test('without a start there is nothing to sign with; a damaged key file says so', async () => {
    await expect(signToken(folder, writer)).rejects.toMatchObject({ code: 'NOT_RUNNING' })
    await serve()
    writeFileSync(join(folder, 'signing-keys.json'), '{"keys":[]}')
    await expect(signToken(folder, writer)).rejects.toMatchObject({ code: 'DATA_FOLDER_BROKEN' })
    expect((await fetch(readIssuer(folder).jwksUrl)).status).toBe(500)
  })

  test('as a child process it reports ready, ends with its parent, and says when its port is taken', async () => {
    const main = join(import.meta.dirname, '../../../local/issuer/main.ts')
    const child = fork(main, ['--port', '0', '--data', folder], { execArgv: [], silent: true })
    const [ready] = (await once(child, 'message')) as [Record<string, unknown>]
    expect(ready).toMatchObject({ type: 'ready', ...readIssuer(folder) })
    child.disconnect()
    expect(await once(child, 'exit')).toEqual([0, null])

    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    stops.push(() => holder.close())
    const address = holder.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const refused = fork(main, ['--port', String(port), '--data', folder], { execArgv: [], silent: true })
    const ended = once(refused, 'exit')
    const [failed] = (await once(refused, 'message')) as [Record<string, unknown>]
    expect(failed).toMatchObject({ type: 'failed', code: 'PORT_TAKEN' })
    expect(await ended).toEqual([1, null])
  })
})
