import { afterEach, beforeEach, expect, test } from 'vitest'
import { startAnswering } from './answering-server.ts'

const suspended = {
  id: '12',
  recordedAt: '2026-11-21T13:00:00.000000Z',
  action: 'suspend-tenant',
  outcome: 'done',
  issuer: 'https://login.example',
  subject: 'olga',
  application: null,
  tenantId: '6ba7b810-9dad-41d1-80b4-00c04fd430c8',
  target: 'acme',
  detail: null,
  traceId: 'a'.repeat(32),
}
const imported = {
  ...suspended,
  id: '11',
  action: 'import-events',
  outcome: 'begun',
  target: null,
  tenantId: null,
}

let page: { actions: unknown[]; next: string | null }
let server: Awaited<ReturnType<typeof startAnswering>>

beforeEach(async () => {
  page = { actions: [suspended, imported], next: null }
  server = await startAnswering(() => ({ status: 200, json: page }))
})
afterEach(() => server.close())

test('actions are listed, one line each, with who and what', async () => {
  const { code, out } = await server.command('actions')
  expect(code).toBe(0)
  const [, , first = '', second = '', count] = out.split('\n')
  expect(first).toMatch(/^12 .*suspend-tenant .*acme .*olga .*a{32}$/)
  expect(second).toContain('import-events (begun)')
  expect(count).toBe('(2 actions)')
  expect(server.seen.map(({ url }) => url)).toEqual(['/api/operations/actions?limit=50'])
  expect(JSON.parse((await server.command('actions', '--json')).out)).toEqual(page)
})

test('the next page is named, and asked for by --after', async () => {
  page = { ...page, next: '11' }
  expect((await server.command('actions', '--limit', '2')).out).toContain('trickle actions --after 11')
  await server.command('actions', '--limit', '2', '--after', '11')
  expect(server.seen.at(-1)?.url).toBe('/api/operations/actions?limit=2&after=11')
})
