import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startAnswering } from './answering-server.ts'

const epoch = {
  epoch: '6ba7b810-9dad-41d1-80b4-00c04fd430c8',
  ordinal: 1,
  beganAt: '2026-11-21T12:00:00Z',
  reason: 'the log begins',
  beganXid: '0',
  beganPosition: '0',
}
const appender = {
  xid: '797',
  kind: 'appender',
  pid: 4711,
  login: 'trickle_app',
  application: 'trickle',
  database: 'orders',
  state: 'idle in transaction',
  since: '2026-11-21T13:00:00Z',
  preparedAs: null,
}
const flowing = {
  lookedAt: '2026-11-21T13:00:10Z',
  horizon: { xid: '800', isHeld: false, ageSeconds: 0, seesSessions: true },
  holders: [],
  holderCount: 0,
  bystanders: [],
  bystanderCount: 0,
  eventsBehind: { count: 0, isLowerBound: false, oldestRecordedAt: null },
  head: null,
  isAheadOfServer: false,
  epoch,
  earlierEpochs: [],
}

let status: unknown
let server: Awaited<ReturnType<typeof startAnswering>>
const log = (...words: string[]) => server.command('log', ...words)

beforeEach(async () => {
  status = flowing
  server = await startAnswering(({ method }) =>
    method === 'GET' ? { status: 200, json: status } : { status: 201, json: { ...epoch, ordinal: 2 } },
  )
})
afterEach(() => server.close())

describe('trickle log status', () => {
  test('says that nothing holds the feed', async () => {
    const { code, out } = await log('status')
    expect([code, out]).toEqual([
      0,
      `Feed     flows; nothing holds it
Horizon  800
Head     no event can be read
Epoch    ${epoch.epoch} (number 1, since 2026-11-21T12:00:00Z: the log begins)
`,
    ])
    expect(JSON.parse((await log('status', '--json')).out)).toEqual(flowing)
    expect(server.seen.map(({ url }) => url)).toEqual(['/api/operations/log', '/api/operations/log'])
  })

  test('names the holder, what waits, who runs beside, and the earlier epochs', async () => {
    status = {
      ...flowing,
      horizon: { xid: '797', isHeld: true, ageSeconds: 10, seesSessions: true },
      holders: [appender],
      holderCount: 2,
      bystanders: [{ ...appender, kind: 'foreign', pid: null, state: 'prepared', preparedAs: 'two-phase' }],
      bystanderCount: 1,
      eventsBehind: { count: 10_000, isLowerBound: true, oldestRecordedAt: '2026-11-21T13:00:01Z' },
      head: { xid: '796', position: '5', recordedAt: '2026-11-21T12:59:00Z' },
      earlierEpochs: [epoch],
    }
    const { out } = await log('status')
    expect(out).toContain(
      'held for 10 s by process 4711 (trickle_app, in orders, trickle, idle in transaction), and 1 more\n',
    )
    expect(out).toContain('events that wait for it: 10000 or more, the oldest since 2026-11-21T13:00:01Z\n')
    expect(out).toContain('Head     796:5, recorded 2026-11-21T12:59:00Z\n')
    expect(out).toContain(`earlier  ${epoch.epoch}`)
    expect(out).toContain('Holding the feed (the oldest 1 of 2):\n')
    expect(out).toMatch(/Running, and holding nothing:\n.*\n.*\n797 +foreign .* two-phase\n/u)
  })

  test('says what it may not see, and a log that nobody can read', async () => {
    status = {
      ...flowing,
      horizon: { xid: '797', isHeld: true, ageSeconds: null, seesSessions: false },
      holders: [{ ...appender, state: null, since: null }],
      holderCount: 1,
      isAheadOfServer: true,
    }
    const { out } = await log('status')
    expect(out).toContain('held by process 4711 (trickle_app, in orders, trickle)\n')
    expect(out).toContain('lacks pg_read_all_stats')
    expect(out).toContain('has not come to')
  })
})

describe('trickle log new-epoch', () => {
  test('sends what was said, with a key', async () => {
    const { code, out } = await log('new-epoch', '--reason', 'restored', '--yes')
    expect(code).toBe(0)
    expect(out).toContain('in a new epoch: 6ba7b810')
    await log('new-epoch', '--reason', 'r', '--restored-to', '2026-11-21 13:00:00.5+01:00', '--yes')
    await log('new-epoch', '--reason', 'r', '--from', 'beginning', '--yes')
    expect(server.seen.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      { reason: 'restored' },
      { reason: 'r', restoredTo: '2026-11-21T12:00:00.5Z' },
      { reason: 'r', from: 'beginning' },
    ])
    const keys = server.seen.map(({ headers }) => headers['idempotency-key'])
    expect(new Set(keys).size).toBe(3)
  })

  test.each([
    [['new-epoch', '--yes'], '--reason TEXT'],
    [['new-epoch', '--reason', 'r'], 'Say --yes'],
    [['new-epoch', '--reason', 'r', '--yes', '--from', 'middle'], 'beginning or end'],
    [
      ['new-epoch', '--reason', 'r', '--yes', '--from', 'end', '--restored-to', '2026-11-21T13:00:00Z'],
      'exclude',
    ],
    [['new-epoch', '--reason', 'r', '--yes', '--restored-to', '2026-11-21T13:00:00'], 'no zone'],
    [['new-epoch', '--reason', 'r', '--yes', '--restored-to', '2026-13-21T13:00:00Z'], 'month 13'],
    [['status', '--yes'], '--yes belongs to log new-epoch'],
    [['show'], 'Unknown subcommand: log show.'],
    [[], 'new-epoch --reason TEXT'],
  ])('%j is wrong usage', async (words, hint) => {
    const { code, error } = await log(...words)
    expect([code, error]).toEqual([2, expect.stringContaining(hint)])
    expect(server.seen).toEqual([])
  })
})
