import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runCommandLine } from '../../cli/frame/index.ts'

const tenant = (slug: string) => ({
  id: `id-${slug}`,
  slug,
  externalId: null,
  name: slug.toUpperCase(),
  status: 'active',
  createdAt: '2026-01-01T00:00:00.000000Z',
  updatedAt: '2026-01-01T00:00:00.000000Z',
})

describe('trickle tenants', () => {
  const seen: { method: string | undefined; url: string | undefined; body: string }[] = []
  let server: Server
  let url: string
  beforeEach(async () => {
    seen.length = 0
    server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        seen.push({ method: request.method, url: request.url, body })
        const after = new URL(request.url ?? '', 'http://x').searchParams.get('after')
        if (request.url?.endsWith('/nobody/suspend') === true) {
          response.writeHead(404).end('{"code":"TENANT_NOT_FOUND","detail":"No tenant has it."}')
        } else if (request.method === 'POST') {
          response.end(JSON.stringify(tenant('acme')))
        } else if (after === '') {
          response.end(JSON.stringify({ tenants: [tenant('acme'), tenant('beta')], next: 'beta' }))
        } else {
          response.end(JSON.stringify({ tenants: [tenant('gamma')], next: null }))
        }
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  })
  afterEach(() => {
    server.closeAllConnections()
    server.close()
  })

  async function tenants(...words: string[]): Promise<{ code: number; out: string; error: string }> {
    const texts = { out: '', error: '' }
    const code = await runCommandLine(['tenants', ...words, '--url', url, '--token', 'any'], {
      out: (text) => (texts.out += text),
      error: (text) => (texts.error += text),
    })
    return { code, ...texts }
  }

  test('list goes through as many pages as it needs', async () => {
    const { code, out } = await tenants('list', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toEqual({ tenants: ['acme', 'beta', 'gamma'].map(tenant), next: null })
    // One more than the limit: only so can it say whether there are more.
    expect(seen.map((request) => request.url)).toEqual([
      '/api/tenants?after=&limit=101',
      '/api/tenants?after=beta&limit=101',
    ])
    const table = (await tenants('list')).out
    expect(table).toMatch(/^slug +name +status +id +external id\n/u)
    expect(table).toMatch(/\(3 tenants\)\n$/u)
  })

  test('list says that there are more, and how to go on, only where there are more', async () => {
    const two = await tenants('list', '--limit', '2')
    expect(two.out).toMatch(/\(2 tenants\)\nThere are more\. .*--after beta\n$/u)
    expect(JSON.parse((await tenants('list', '--limit', '2', '--json')).out)).toMatchObject({ next: 'beta' })
    expect((await tenants('list', '--limit', '3')).out).toMatch(/\(3 tenants\)\n$/u)
    expect((await tenants('list', '--after', 'beta')).out).toMatch(/gamma[^]*\(1 tenant\)\n$/u)
  })

  test('list --filter looks through all pages, in every name a tenant has', async () => {
    expect((await tenants('list', '--filter', 'GAM')).out).toMatch(/gamma[^]*\(1 tenant\)\n$/u)
    expect((await tenants('list', '--filter', 'id-BETA')).out).toMatch(/beta[^]*\(1 tenant\)\n$/u)
    expect((await tenants('list', '--filter', 'a', '--limit', '1')).out).toContain('--after acme')
    expect((await tenants('list', '--filter', 'nobody')).out).toContain('(0 tenants)')
  })

  test('create sends what was said, suspend and resume name the tenant in the path', async () => {
    expect(await tenants('create', 'acme', '--name', 'Acme Ltd', '--external-id', 'e1')).toMatchObject({
      code: 0,
      out: 'Created: acme (id-acme)\n',
    })
    await tenants('create', 'acme')
    await tenants('suspend', 'a/b')
    expect(JSON.parse((await tenants('resume', 'acme', '--json')).out)).toEqual(tenant('acme'))
    expect(seen).toEqual([
      { method: 'POST', url: '/api/tenants', body: '{"slug":"acme","name":"Acme Ltd","externalId":"e1"}' },
      { method: 'POST', url: '/api/tenants', body: '{"slug":"acme"}' },
      { method: 'POST', url: '/api/tenants/a%2Fb/suspend', body: '' },
      { method: 'POST', url: '/api/tenants/acme/resume', body: '' },
    ])
  })

  test('suspend and resume say what the name is, where that is told', async () => {
    await tenants('suspend', 'Org 1', '--by', 'externalId')
    await tenants('resume', 'acme', '--by', 'slug')
    expect(seen.map(({ url: path }) => path)).toEqual([
      '/api/tenants/Org%201/suspend?by=externalId',
      '/api/tenants/acme/resume?by=slug',
    ])
  })

  test('a refusal is one clear line', async () => {
    const { code, out, error } = await tenants('suspend', 'nobody', '--json')
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'TENANT_NOT_FOUND' } })
    expect(error).toBe('404 TENANT_NOT_FOUND: No tenant has it.\n')
  })

  test.each([
    [[], 'suspend TENANT [--by KIND]'],
    [['drop', 'acme'], 'Unknown subcommand: tenants drop.'],
    [['create'], 'SLUG: the short name'],
    [['list', '--limit', '0'], '--limit takes a whole number from 1 to 10000'],
    [['create', 'acme', '--filter', 'x'], '--filter belongs to tenants list'],
    [['list', 'acme'], 'Unexpected argument'],
    [['suspend', 'acme', '--name', 'x'], '--name belongs to tenants create'],
    [['suspend', 'acme', '--by', 'name'], '--by takes any, id, slug, externalId, not "name"'],
    [['create', 'acme', '--by', 'slug'], '--by belongs to tenants suspend and tenants resume'],
  ])('%j is wrong usage', async (words, hint) => {
    const { code, error } = await tenants(...words)
    expect(code).toBe(2)
    expect(error).toContain(hint)
    expect(seen).toEqual([])
  })
})
