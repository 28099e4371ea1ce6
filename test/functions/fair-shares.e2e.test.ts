import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { event, startApi } from '../support/api.ts'
import type { Answer, Api } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'

/** Tenants of this file alone. `greedy` attacks; `quiet` and `third` want to be served meanwhile. */
const NAMES = ['greedy', 'quiet', 'third'] as const
type Name = (typeof NAMES)[number]
/** More than there are places of any class. */
const ATTACKERS = 16

let api: Api
const tokens = new Map<string, string>()
const open: AbortController[] = []

beforeAll(async () => {
  api = await startApi()
  for (const name of NAMES) {
    const slug = `${api.slugs.acme}-${name}`
    await api.call('POST', '/api/tenants', { token: api.tokens.operator, json: { slug } })
    tokens.set(name, await api.run.token({ tenant: slug, roles: ['reader', 'writer'] }))
    await api.append('s', { token: tokens.get(name) ?? '', json: event })
  }
  await api.feedSettled()
})
afterAll(() => api?.run.stop())
afterEach(() => {
  for (const controller of open.splice(0)) controller.abort()
})

interface Held {
  /** The head of the answer, when it is there. */
  readonly answer: Promise<Response>
  readonly isAnswered: () => boolean
  readonly leave: () => void
}

type Sending = Omit<RequestInit, 'headers'> & { readonly headers?: Record<string, string> }

/** A request that is left when the test is over. Its body is not read. */
function send(name: Name, path: string, init: Sending = {}): Held {
  const controller = new AbortController()
  open.push(controller)
  let answered = false
  const answer = fetch(`${api.run.url}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${tokens.get(name) ?? ''}`, ...init.headers },
    signal: controller.signal,
  })
  answer.then(
    () => (answered = true),
    () => (answered = true),
  )
  return { answer, isAnswered: () => answered, leave: () => controller.abort() }
}

const many = (count: number, one: () => Held): Held[] => Array.from({ length: count }, one)
const call = (name: Name, path: string): Promise<Answer> =>
  api.call('GET', path, { token: tokens.get(name) ?? '' })

async function codeOf(response: Response): Promise<unknown> {
  return ((await response.json()) as { code: string }).code
}

/** The answers that came, when all but so many have come. */
async function answersBut(requests: readonly Held[], held: number): Promise<Response[]> {
  await eventually(async () => requests.filter(({ isAnswered }) => !isAnswered()).length).toBe(held)
  return Promise.all(requests.filter(({ isAnswered }) => isAnswered()).map(({ answer }) => answer))
}

describe('long polls of one tenant', () => {
  it('leave half of the places to the others, and every short request is served', async () => {
    const path = '/api/events?since=2999-01-01T00:00:00Z&wait=25'
    const greedy = many(ATTACKERS, () => send('greedy', path))
    const refused = await answersBut(greedy, 4)
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([429]))
    expect(refused[0]?.headers.get('retry-after')).toBe('2')
    expect(await codeOf(refused[0] ?? Response.error())).toBe('TENANT_SHARE_HELD')
    const quiet = many(4, () => send('quiet', path))
    // Who asks may be there before one of those who wait, and so have its place for a second: another one comes then.
    await eventually(async () => {
      quiet.push(send('quiet', path))
      return (await call('quiet', '/api/events?since=2999-01-01T00:00:00Z&wait=1')).status
    }).toBe(429)
    // Both tenants have their half: a third one is answered at once with what there is.
    const third = await call('third', path)
    expect([third.status, third.headers.get('retry-after')]).toEqual([200, '2'])
    expect((await call('third', '/api/events')).json?.['events']).toHaveLength(1)
    expect((await call('greedy', '/api/events')).status).toBe(200)
    const waiting = quiet.filter(({ isAnswered }) => !isAnswered())
    expect(greedy.filter(({ isAnswered }) => !isAnswered())).toHaveLength(4)
    await api.append('s', { token: tokens.get('quiet') ?? '', json: event })
    const woken = await Promise.all(waiting.map(async ({ answer }) => (await answer).json()))
    expect(woken.filter((page) => (page as { events?: unknown[] }).events?.length === 1)).toHaveLength(4)
  })
})

describe('live views of one tenant', () => {
  it('leave half of the places to the others', async () => {
    const watch = (name: Name) =>
      send(name, '/api/events', { headers: { accept: 'text/event-stream' } }).answer
    const answers = await Promise.all(Array.from({ length: ATTACKERS }, () => watch('greedy')))
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      ...Array.from({ length: 4 }, () => 200),
      ...Array.from({ length: ATTACKERS - 4 }, () => 429),
    ])
    for (let count = 0; count < 4; count += 1) expect((await watch('quiet')).status).toBe(200)
    const full = await watch('third')
    expect([full.status, await codeOf(full)]).toEqual([503, 'LIVE_VIEWERS_FULL'])
    expect((await call('third', '/api/events')).status).toBe(200)
  })
})

describe('exports of one tenant', () => {
  const LARGE = 'x'.repeat(1_000_000)
  const lines = { headers: { accept: 'application/x-ndjson' } }

  beforeAll(async () => {
    // More than the sockets between take, so that an export whose client does not read stays.
    const json = { events: Array.from({ length: 7 }, () => ({ type: 'T', data: LARGE })) }
    for (let count = 0; count < 4; count += 1)
      await api.append('large', { token: tokens.get('greedy') ?? '', json })
    await api.feedSettled()
  })

  it('leave half of the places to the others, whose export and short reads come whole meanwhile', async () => {
    const greedy = await Promise.all(
      Array.from({ length: ATTACKERS }, () => send('greedy', '/api/events', lines).answer),
    )
    const served = greedy.filter(({ status }) => status === 200)
    const refused = greedy.filter(({ status }) => status === 429)
    expect([served.length, refused.length]).toEqual([2, ATTACKERS - 2])
    expect(await codeOf(refused[0] ?? Response.error())).toBe('TENANT_SHARE_HELD')
    const whole = await (await send('quiet', '/api/events', lines).answer).text()
    expect(whole).toContain('{"next":')
    expect((await call('quiet', '/api/streams/s/events')).status).toBe(200)
    // They are still held: nobody has read them, and so they can't have ended.
    expect((await send('greedy', '/api/events', lines).answer).status).toBe(429)
    const one = await send('greedy', '/api/streams/s/events?limit=1000', lines).answer
    expect((await one.text()).trimEnd().split('\n')).toHaveLength(2)
    // A client that hangs up frees its place, and one that reads to the end does.
    for (const controller of open.splice(0)) controller.abort()
    await eventually(async () => {
      const response = await send('greedy', '/api/streams/large/events', lines).answer
      return (await response.text()).includes('{"next":null}')
    }).toBe(true)
  })
})

describe('imports of one tenant that send hardly anything', () => {
  /** A body of blank lines, one a second, without end. */
  function blankLines(): ReadableStream<Uint8Array> {
    return new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 1_000))
        controller.enqueue(Buffer.from('\n'))
      },
    })
  }

  const upload = (name: Name, body: NonNullable<RequestInit['body']>): Held =>
    send(name, '/api/imports/events', {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body,
      duplex: 'half',
    })

  it('leave half of the places to the others, whose import is done meanwhile; one that hangs up frees its own', async () => {
    const greedy = many(ATTACKERS, () => upload('greedy', blankLines()))
    const refused = await answersBut(greedy, 2)
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([429]))
    const line = JSON.stringify({ id: 'i', streamId: 'imported', ...event })
    const done = await upload('quiet', line).answer
    expect(await done.text()).toBe('{"line":1,"outcome":"appended"}\n')
    expect((await call('quiet', '/api/streams/imported/events')).status).toBe(200)
    expect(greedy.filter(({ isAnswered }) => !isAnswered())).toHaveLength(2)
    for (const { leave } of greedy) leave()
    await eventually(async () => (await upload('greedy', line).answer).status).toBe(200)
  })
})
