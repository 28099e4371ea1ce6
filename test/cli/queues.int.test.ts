import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startAnswering } from './answering-server.ts'

let server: Awaited<ReturnType<typeof startAnswering>>
let folder: string
const queues = (...words: string[]) => server.command('queues', ...words)
const PATH = '/api/operations/queues'
const asked = (): string[] => server.seen.map(({ method, url, body }) => `${method} ${url} ${body}`.trim())

const parked = (id: string) => ({
  id,
  queue: 'trickle-commands',
  messageId: `m${id}`,
  sessionId: 's',
  tenantId: null,
  reason: 'TENANT_SUSPENDED',
  detail: 'it waits',
  attempts: 2,
  bodyBytes: 3,
  contentType: null,
  enqueuedAt: null,
  parkedAt: '2026-11-21T14:30:00Z',
  state: 'parked',
  resubmissions: 1,
  decidedAt: null,
  decidedBy: null,
})
const deadLetter = (id: string) => ({
  id,
  queue: 'trickle-commands',
  messageId: null,
  sessionId: null,
  reason: 'MaxDeliveryCountExceeded',
  detail: null,
  attempts: 300,
  contentType: null,
  enqueuedAt: '2026-11-21T14:30:00Z',
})
const content = {
  properties: { tenant: 'acme' },
  body: '{"a":1}',
  bodyEncoding: 'utf-8',
  isCut: false,
  problems: ['/type: is missing'],
}
const overview = {
  serviceBus: 'ok',
  problem: null,
  queues: [
    {
      name: 'trickle-commands',
      hasSessions: true,
      messages: { count: 1_000, isLowerBound: true },
      deadLetters: { count: 2, isLowerBound: false },
      parked: { count: 3, isLowerBound: false, oldestAt: '2026-11-21T14:30:00Z', oldestAgeSeconds: 7_300 },
    },
  ],
}
const repaired = (ids: readonly string[], outcome: string, next: string | null, dryRun = false) => ({
  dryRun,
  messages: ids.map((id) => ({
    id,
    messageId: null,
    sessionId: null,
    outcome,
    problems: outcome === 'refused' ? ['/type: is missing'] : [],
  })),
  next,
})

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trickle-queues-'))
  server = await startAnswering(({ method, url, body }) => {
    const ok = (json: unknown) => ({ status: 200, json })
    if (url === PATH) return ok(overview)
    if (url.includes('/7/')) return ok(repaired(['7'], 'refused', null))
    if (url.includes('/404'))
      return { status: 404, json: { code: 'PARKED_MESSAGE_NOT_FOUND', detail: 'No.' } }
    if (method === 'POST') {
      const request = JSON.parse(body) as { dryRun: boolean; after?: string }
      const outcome = `${request.dryRun ? 'would-be-' : ''}${url.includes('discard') ? 'discarded' : 'sent'}`
      if (/\/\d+\/(resubmit|discard)$/u.test(url)) return ok(repaired(['42'], outcome, null, request.dryRun))
      return request.after === undefined
        ? ok(repaired(['1', '2'], outcome, '2', request.dryRun))
        : ok(repaired(['3'], outcome, null, request.dryRun))
    }
    const message = url.includes('/dead-letters') ? deadLetter('42') : parked('42')
    return ok(url.includes('?') ? { messages: [message], next: '42' } : { ...message, ...content })
  })
})
afterEach(async () => {
  server.close()
  await rm(folder, { recursive: true, force: true })
})

describe('trickle queues', () => {
  test('list shows what waits, is dead and is parked, and how old the oldest is', async () => {
    const { code, out } = await queues('list')
    expect(code).toBe(0)
    expect(out).toMatch(/^trickle-commands +yes +at least 1000 +2 +3 +2 h$/mu)
    expect(JSON.parse((await queues('list', '--json')).out)).toEqual(overview)
  })

  test('parked and dead-letters ask for a page, and print where the next one begins', async () => {
    const { out } = await queues('parked', 'trickle-commands', '--reason', 'TENANT_SUSPENDED', '--limit', '5')
    expect(out).toMatch(/^42 +parked +m42 +s +2 +1 +2026-11-21T14:30:00Z +TENANT_SUSPENDED +it waits$/mu)
    expect(out).toContain('More: the same with --after 42\n')
    await queues('parked', 'trickle-commands', '--state', 'all', '--tenant-id', 'x', '--after', '9')
    const dead = await queues('dead-letters', 'trickle-commands')
    expect(dead.out).toMatch(/^42 +300 +2026-11-21T14:30:00Z +MaxDeliveryCountExceeded$/mu)
    expect(asked()).toEqual([
      `GET ${PATH}/trickle-commands/parked?limit=5&reason=TENANT_SUSPENDED&state=parked`,
      `GET ${PATH}/trickle-commands/parked?limit=50&after=9&state=all&tenantId=x`,
      `GET ${PATH}/trickle-commands/dead-letters?limit=50`,
    ])
    expect(JSON.parse((await queues('parked', 'trickle-commands', '--json')).out)).toEqual({
      messages: [parked('42')],
      next: '42',
    })
  })

  test('show prints what a message says, and writes its body for editing', async () => {
    const file = join(folder, 'message.json')
    const { out } = await queues('show', 'trickle-commands', '42', '--body-to', file)
    expect(out).toContain('Message 42 of trickle-commands: TENANT_SUSPENDED, it waits\n')
    expect(out).toContain('As it is it would be parked at once: /type: is missing\n')
    expect(out).toMatch(/\n\{"a":1\}\n$/u)
    expect(await readFile(file, 'utf8')).toBe('{"a":1}')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const again = await queues('show', 'trickle-commands', '42', '--body-to', file)
    expect([again.code, again.error]).toEqual([2, expect.stringContaining("The body can't be written")])
    expect((await queues('show', 'trickle-commands', '42', '--dead-letters')).out).toContain(
      'Dead letter 42 of',
    )
    expect(asked().at(-1)).toBe(`GET ${PATH}/trickle-commands/dead-letters/42`)
  })

  test('resubmit and discard name the message and send what was said', async () => {
    const file = join(folder, 'edited.json')
    await writeFile(file, '{"n":12345678901234567890}')
    const sent = await queues('resubmit', 'trickle-commands', '42', '--body', file)
    expect([sent.code, sent.out]).toEqual([0, expect.stringContaining('(1 message: 1 sent)\n')])
    await queues('resubmit', 'trickle-commands', '42', '--dead-letters', '--dry-run')
    await queues('discard', 'trickle-commands', '42', '--yes')
    expect(asked()).toEqual([
      String.raw`POST ${PATH}/trickle-commands/parked/42/resubmit {"dryRun":false,"body":"{\"n\":12345678901234567890}"}`,
      `POST ${PATH}/trickle-commands/dead-letters/42/resubmit {"dryRun":true}`,
      `POST ${PATH}/trickle-commands/parked/42/discard {"dryRun":false}`,
    ])
  })

  test('--all goes on until none is left', async () => {
    const { code, out } = await queues('resubmit', 'trickle-commands', '--all', '--reason', 'A', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toEqual(repaired(['1', '2', '3'], 'sent', null))
    expect(asked()).toEqual([
      `POST ${PATH}/trickle-commands/parked/resubmit {"dryRun":false,"reason":"A"}`,
      `POST ${PATH}/trickle-commands/parked/resubmit {"dryRun":false,"reason":"A","after":"2"}`,
    ])
    const dry = await queues('discard', 'trickle-commands', '--all', '--dead-letters', '--dry-run')
    expect(dry.out).toContain('(3 messages: 3 would be discarded)\n')
  })

  test('a message that is refused ends the command with 1, and says why', async () => {
    const { code, out } = await queues('resubmit', 'trickle-commands', '7')
    expect(code).toBe(1)
    expect(out).toMatch(/^7 +refused +\/type: is missing$/mu)
    expect(await queues('show', 'trickle-commands', '404')).toEqual({
      code: 1,
      out: '',
      error: '404 PARKED_MESSAGE_NOT_FOUND: No.\n',
    })
  })

  test.each([
    [['parked'], 'QUEUE: the name of a queue'],
    [['show', 'q'], 'ID: the id of a message'],
    [['resubmit', 'q'], 'ID or --all: the id of a message'],
    [['resubmit', 'q', '1', '--all'], 'Unexpected argument: 1'],
    [['resubmit', 'q', '1', '--reason', 'A'], 'go with --all'],
    [['resubmit', 'q', '--all', '--body', 'x'], '--body is for one message'],
    [['resubmit', 'q', '1', '--body', '/nowhere'], "can't be read"],
    [['resubmit', 'q', '--all', '--dead-letters', '--tenant-id', 'x'], '--tenant-id is for parked ones'],
    [['discard', 'q', '1'], 'say --yes'],
    [['discard', 'q', '1', '--body', 'x'], '--body belongs to queues resubmit'],
    [['parked', 'q', '--limit', '1001'], 'from 1 to 1000'],
    [['dead-letters', 'q', '--limit', '251'], 'from 1 to 250'],
    [['dead-letters', 'q', '--state', 'all'], '--state belongs to queues parked'],
    [['list', 'q'], 'Unexpected argument: q'],
    [['drop', 'q'], 'Unknown subcommand: queues drop.'],
  ])('%j is wrong usage', async (words, hint) => {
    const { code, error } = await queues(...words)
    expect([code, error]).toEqual([2, expect.stringContaining(hint)])
    expect(server.seen).toEqual([])
  })
})
