import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { member, parkedEvent, subscription } from '../functions/operations/support.ts'
import { startAnswering } from './answering-server.ts'

let server: Awaited<ReturnType<typeof startAnswering>>
const subscriptions = (...words: string[]) => server.command('subscriptions', ...words)
const stopped = subscription({
  name: 'forward-adx',
  state: 'stopped',
  error: 'the log has begun a new epoch',
  epochIsCurrent: false,
  lagEvents: 10_000,
  lagIsLowerBound: true,
  lagSeconds: 86_400,
  targetMembers: 4,
  members: [member(), member({ member: 1, failures: 2, error: 'no such account' })],
})

beforeEach(async () => {
  server = await startAnswering(({ method, url, body }) => {
    if (url.includes('/nobody'))
      return { status: 404, json: { code: 'SUBSCRIPTION_NOT_FOUND', detail: 'No.' } }
    if (url.endsWith('/none/parked/replay')) return { status: 200, json: { replayed: 0, next: null } }
    if (url.endsWith('/parked/replay')) {
      const isFirst = !body.includes('after')
      return { status: 200, json: { replayed: isFirst ? 1_000 : 203, next: isFirst ? '1041' : null } }
    }
    if (/\/(replay|skip)$/u.test(url)) return null
    if (url === '/api/operations/subscriptions')
      return { status: 200, json: { subscriptions: [stopped, subscription()] } }
    if (url.includes('/parked?')) {
      const isFirst = !url.includes('after=')
      return {
        status: 200,
        json: { events: [parkedEvent(isFirst ? '41' : '42')], next: isFirst ? '41' : null },
      }
    }
    return { status: 200, json: method === 'GET' ? stopped : subscription() }
  })
})
afterEach(() => server.close())

describe('trickle subscriptions', () => {
  test('list shows state, lag and members, and what is wrong', async () => {
    const { code, out } = await subscriptions('list')
    expect(code).toBe(0)
    expect(out).toMatch(
      /^forward-adx +stopped \(ended epoch\) +10000 or more +24 h +2 \(to be 4\) +1 +the log has begun a new epoch$/mu,
    )
    expect(out).toMatch(/^orders +running +3 +1\.5 s +1 +1$/mu)
    expect(out).toMatch(/\(2 subscriptions\)\n$/u)
    expect(JSON.parse((await subscriptions('list', '--json')).out)).toEqual({
      subscriptions: [stopped, subscription()],
    })
  })

  test('show has the members and how to go on', async () => {
    const { out } = await subscriptions('show', 'forward-adx')
    expect(out).toContain('forward-adx is stopped: the log has begun a new epoch\n')
    expect(out).toContain('which has ended: only resume-at lets it go on\n')
    expect(out).toMatch(/^ +1 +18446744073709551615:7 .* 2 +no such account$/mu)
    expect(server.seen.map(({ method, url }) => [method, url])).toEqual([
      ['GET', '/api/operations/subscriptions/forward-adx'],
    ])
  })

  test('the verbs name the subscription in the path and send what was said', async () => {
    await subscriptions('pause', 'a/b')
    await subscriptions('resume', 'orders')
    await subscriptions('reset', 'orders', '--yes')
    for (const point of ['--beginning', '--end', '--epoch-began'])
      await subscriptions('resume-at', 'orders', point)
    await subscriptions('resume-at', 'orders', '--checkpoint', '9223372036854775807:12')
    await subscriptions('members', 'orders', '4')
    const path = '/api/operations/subscriptions'
    expect(server.seen.map(({ method, url, body }) => `${method} ${url} ${body}`.trim())).toEqual([
      `POST ${path}/a%2Fb/pause`,
      `POST ${path}/orders/resume`,
      `POST ${path}/orders/reset`,
      `POST ${path}/orders/resume-at {"kind":"beginning"}`,
      `POST ${path}/orders/resume-at {"kind":"end"}`,
      `POST ${path}/orders/resume-at {"kind":"epoch-began"}`,
      `POST ${path}/orders/resume-at {"kind":"checkpoint","xid":"9223372036854775807","position":"12"}`,
      `POST ${path}/orders/members {"members":4}`,
    ])
  })

  test('parked goes through all pages; replay and skip name the event', async () => {
    const { out } = await subscriptions('parked', 'orders', '--json')
    expect(JSON.parse(out)).toEqual({ events: [parkedEvent('41'), parkedEvent('42')] })
    expect((await subscriptions('parked', 'orders')).out).toMatch(/^41 +parked .* no such account$/mu)
    expect(await subscriptions('replay', 'orders', '41')).toMatchObject({
      code: 0,
      out: 'The event 41 will be handled again by the next run.\n',
    })
    expect(JSON.parse((await subscriptions('skip', 'orders', '41', '--json')).out)).toEqual({
      subscription: 'orders',
      parkedId: '41',
      done: 'skip',
    })
    expect(server.seen.slice(-2).map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /api/operations/subscriptions/orders/parked/41/replay',
      'POST /api/operations/subscriptions/orders/parked/41/skip',
    ])
  })

  test('replay --all goes on until none is left, and tells how many there were', async () => {
    expect(await subscriptions('replay', 'orders', '--all')).toMatchObject({
      code: 0,
      out: 'The next run handles 1203 parked events again, and then what waits for them.\n',
    })
    expect(server.seen.map(({ method, url, body }) => `${method} ${url} ${body}`)).toEqual([
      'POST /api/operations/subscriptions/orders/parked/replay {"limit":1000}',
      'POST /api/operations/subscriptions/orders/parked/replay {"after":"1041","limit":1000}',
    ])
    expect(JSON.parse((await subscriptions('replay', 'orders', '--all', '--json')).out)).toEqual({
      subscription: 'orders',
      replayed: 1203,
      isWhole: true,
    })
    expect((await subscriptions('replay', 'none', '--all')).out).toBe('No event is parked.\n')
  })

  test('a refusal is one clear line', async () => {
    expect(await subscriptions('pause', 'nobody')).toEqual({
      code: 1,
      out: '',
      error: '404 SUBSCRIPTION_NOT_FOUND: No.\n',
    })
  })

  test.each([
    [[], 'resume-at NAME POINT'],
    [['drop', 'orders'], 'Unknown subcommand: subscriptions drop.'],
    [['pause'], 'NAME: the name of a subscription'],
    [['replay', 'orders'], 'ID or --all: the id of a parked event'],
    [['replay', '--all'], 'NAME: the name of a subscription'],
    [['replay', 'orders', '41', '--all'], 'Unexpected argument: 41'],
    [['skip', 'orders', '41', '--all'], '--all belongs to subscriptions replay'],
    [['list', 'orders'], 'Unexpected argument: orders'],
    [['pause', 'orders', 'now'], 'Unexpected argument: now'],
    [['reset', 'orders'], 'Say --yes'],
    [['pause', 'orders', '--yes'], '--yes belongs to subscriptions reset'],
    [['pause', 'orders', '--end'], '--end belongs to subscriptions resume-at'],
    [['resume-at', 'orders'], 'takes one of'],
    [['resume-at', 'orders', '--end', '--beginning'], 'takes one of'],
    [['resume-at', 'orders', '--checkpoint', '5'], 'XID:POSITION'],
    [['members', 'orders', '17'], 'from 1 to 16'],
  ])('%j is wrong usage', async (words, hint) => {
    const { code, error } = await subscriptions(...words)
    expect([code, error]).toEqual([2, expect.stringContaining(hint)])
    expect(server.seen).toEqual([])
  })
})
