import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ActionList, operatorAction } from '../../../shared/audit/index.ts'
import { MessageParking, ParkedMessages, parkedLimits } from '../../../shared/messages/index.ts'
import type { MessageToPark } from '../../../shared/messages/index.ts'
import { createDatabase } from '../../support/database.ts'
import type { TestDatabase } from '../../support/database.ts'

let database: TestDatabase
let parking: MessageParking
let parked: ParkedMessages
/** Each test has a queue of its own. */
let queue: string

beforeAll(async () => {
  database = await createDatabase()
  parking = new MessageParking(database.pool('trickle_worker'))
  parked = new ParkedMessages(database.pool('trickle_operator'))
})
afterAll(() => database.drop())
beforeEach(() => {
  queue = `queue-${randomUUID()}`
})

const messageOf = (body: string, more: Partial<MessageToPark> = {}): MessageToPark => ({
  body: Buffer.from(body),
  reason: 'MALFORMED_JSON',
  detail: 'The body is not valid JSON.',
  tenantId: null,
  messageId: null,
  sessionId: null,
  sequenceNumber: null,
  contentType: null,
  applicationProperties: {},
  enqueuedAt: null,
  ...more,
})
const listed = async () => (await parked.list({ queue, limit: 1_000 })).messages
const only = async () => {
  const [message, ...others] = await listed()
  expect(others).toEqual([])
  if (message === undefined) throw new Error('nothing is parked')
  return message
}
const codeOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'done',
    (error: { code: string }) => error.code,
  )

describe('a parked message', () => {
  it('is kept with its body, its properties and why', async () => {
    const tenant = await database.tenant(`t-${randomUUID()}`)
    const body = Buffer.from([0x7b, 0x00, 0xff, 0xc3])
    const enqueuedAt = new Date('2026-11-20T10:11:12.345Z')
    const properties = { tenant: 'acme', n: 7, isNew: true, none: null }
    await parking.park(queue, [
      {
        body,
        reason: 'MALFORMED_JSON',
        detail: 'why',
        tenantId: tenant.tenantId,
        messageId: 'm-1',
        sessionId: 's-1',
        sequenceNumber: 9_007_199_254_740_993n,
        contentType: 'application/json',
        applicationProperties: properties,
        enqueuedAt,
      },
    ])
    const { parkedId } = await only()
    expect(await parked.get(parkedId)).toEqual({
      parkedId,
      queue,
      tenantId: tenant.tenantId,
      messageId: 'm-1',
      sessionId: 's-1',
      sequenceNumber: '9007199254740993',
      reason: 'MALFORMED_JSON',
      detail: 'why',
      attempts: 1,
      body,
      bodyBytes: 4,
      isCut: false,
      contentType: 'application/json',
      applicationProperties: properties,
      enqueuedAt: '2026-11-20T10:11:12.345Z',
      parkedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
      state: 'parked',
      resubmissions: 0,
      decidedAt: null,
      decidedBy: null,
    })
  })

  it('that is delivered again has one row, which counts how often it was parked', async () => {
    await parking.park(queue, [messageOf('bad', { messageId: 'm-1' })])
    const { parkedId, parkedAt } = await only()
    await parking.park(queue, [messageOf('bad', { reason: 'TENANT_UNKNOWN' }), messageOf('bad')])
    expect(await only()).toMatchObject({
      parkedId,
      parkedAt,
      attempts: 3,
      messageId: 'm-1',
      reason: 'MALFORMED_JSON',
    })
  })

  it('in two queues has a row in each', async () => {
    await parking.park(queue, [messageOf('bad')])
    await parking.park(`${queue}-other`, [messageOf('bad')])
    expect(await only()).toMatchObject({ attempts: 1 })
  })

  it('with texts that PostgreSQL can not store is kept with others in their place', async () => {
    const odd = `a\u0000b\ud800${'\u{1F600}'.repeat(3_000)}`
    await parking.park(queue, [
      messageOf('odd', {
        detail: odd,
        messageId: odd,
        sessionId: odd,
        contentType: odd,
        applicationProperties: { [odd.slice(0, 3)]: odd.slice(0, 4), big: 12n, nan: Number.NaN },
      }),
    ])
    const { messageId, detail, parkedId } = await only()
    expect(messageId).toBe(`a\uFFFDb\uFFFD${'\u{1F600}'.repeat(124)}`)
    expect(Array.from(detail)).toHaveLength(2_000)
    expect((await parked.get(parkedId)).applicationProperties).toEqual({
      'a\uFFFDb': 'a\uFFFDb\uFFFD',
      big: '12',
      nan: 'NaN',
    })
  })

  it('with a body above the limit is cut, and says so', async () => {
    const body = Buffer.alloc(parkedLimits.bodyBytesMax + 1, 'x')
    await parking.park(queue, [messageOf('small'), { ...messageOf(''), body }])
    const [small, large] = await listed()
    expect(small).toMatchObject({ bodyBytes: 5 })
    expect(large).toMatchObject({ bodyBytes: body.length })
    const kept = await parked.get(large?.parkedId ?? '')
    expect(kept.isCut).toBe(true)
    expect(kept.body).toHaveLength(parkedLimits.bodyBytesMax)
  })

  it('is one of many that are parked by several instances at once', async () => {
    const many = Array.from({ length: 250 }, (_, index) => messageOf(`bad ${index}`))
    await Promise.all([parking.park(queue, many), parking.park(queue, many.toReversed())])
    const found = await listed()
    expect(found).toHaveLength(250)
    expect(new Set(found.map(({ attempts }) => attempts))).toEqual(new Set([2]))
  })
})

describe('the list', () => {
  it('is filtered, and has pages', async () => {
    const tenant = await database.tenant(`t-${randomUUID()}`)
    await parking.park(queue, [
      messageOf('1'),
      messageOf('2', { reason: 'TENANT_SUSPENDED', tenantId: tenant.tenantId }),
      messageOf('3'),
    ])
    const [first] = await listed()
    await parked.discard(first === undefined ? [] : [first], 'olga')
    const bodies = async (filter: object): Promise<number> =>
      (await parked.list({ queue, limit: 10, ...filter })).messages.length
    expect(await bodies({ reason: 'TENANT_SUSPENDED' })).toBe(1)
    expect(await bodies({ tenantId: tenant.tenantId })).toBe(1)
    expect(await bodies({ state: 'parked' })).toBe(2)
    expect(await bodies({ state: 'discarded' })).toBe(1)
    const page = await parked.list({ queue, limit: 2 })
    expect(page.messages).toHaveLength(2)
    const rest = await parked.list({ queue, limit: 2, after: page.next ?? '' })
    expect([rest.messages.length, rest.next]).toEqual([1, null])
  })

  it('refuses a page that begins nowhere, and an id that is none', async () => {
    expect(await codeOf(parked.list({ limit: 1, after: 'x' }))).toBe('INVALID_CURSOR')
    for (const id of ['x', '99999999999999999999', '9223372036854775807'])
      expect(await codeOf(parked.get(id))).toBe('PARKED_MESSAGE_NOT_FOUND')
  })
})

describe('what is open', () => {
  it('is counted by queue with the age of the oldest, for the operator and the worker', async () => {
    await parking.park(queue, [messageOf('1'), messageOf('2')])
    const [first, second] = await listed()
    for (const login of ['trickle_operator', 'trickle_worker'] as const) {
      const open = await new ParkedMessages(database.pool(login)).open()
      expect(open.isLowerBound).toBe(false)
      expect(open.messages).toBe(open.queues.reduce((sum, { messages }) => sum + messages, 0))
      expect(open.queues).toContainEqual({ queue, messages: 2, oldestAt: first?.parkedAt })
    }
    await parked.discard(first === undefined ? [] : [first], 'olga')
    expect((await parked.open()).queues).toContainEqual({
      queue,
      messages: 1,
      oldestAt: second?.parkedAt,
    })
  })
})

describe('a decision', () => {
  const outcomes = async (attempt: Promise<{ outcome: string }[]>) =>
    (await attempt).map(({ outcome }) => outcome)

  it('is kept with who and when, and stands', async () => {
    await parking.park(queue, [messageOf('1'), messageOf('2')])
    const [first, second] = await listed()
    if (first === undefined || second === undefined) throw new Error('nothing is parked')
    expect(await outcomes(parked.markResubmitted([first], 'olga'))).toEqual(['done'])
    expect(await outcomes(parked.discard([first, second, second], 'otto'))).toEqual(['decided', 'done'])
    const when = expect.stringMatching(/Z$/) as string
    expect(await listed()).toMatchObject([
      { state: 'resubmitted', decidedBy: 'olga', decidedAt: when, resubmissions: 1 },
      { state: 'discarded', decidedBy: 'otto', decidedAt: when, resubmissions: 0 },
    ])
    expect(await outcomes(parked.discard([{ parkedId: '0', attempts: 1 }], 'otto'))).toEqual(['not-found'])
    expect(await outcomes(parked.discard([{ parkedId: 'x', attempts: 1 }], 'otto'))).toEqual(['not-found'])
  })

  it('is open again when the message is parked again', async () => {
    await parking.park(queue, [messageOf('bad')])
    const before = await only()
    await parked.markResubmitted([before], 'olga')
    await parking.park(queue, [messageOf('bad')])
    const after = await only()
    expect(after).toMatchObject({
      parkedId: before.parkedId,
      state: 'parked',
      attempts: 2,
      resubmissions: 1,
      decidedAt: null,
    })
    expect(after.parkedAt > before.parkedAt).toBe(true)
  })

  it('does not hide a message that failed again before the decision was recorded', async () => {
    await parking.park(queue, [messageOf('bad')])
    const seen = await only()
    await parking.park(queue, [messageOf('bad')])
    expect(await outcomes(parked.markResubmitted([seen], 'olga'))).toEqual(['parked-again'])
    expect(await only()).toMatchObject({ state: 'parked', resubmissions: 1, decidedBy: null })
    expect(await outcomes(parked.discard([seen], 'olga'))).toEqual(['parked-again'])
    expect(await only()).toMatchObject({ state: 'parked', resubmissions: 1 })
  })

  it('of an operator is a row of the audit, with the tenants', async () => {
    const tenant = await database.tenant(`t-${randomUUID()}`)
    await parking.park(queue, [messageOf('1', { tenantId: tenant.tenantId }), messageOf('2')])
    const caller = { issuer: 'https://login.example', subject: 'olga', application: null }
    const action = operatorAction('discard-messages', caller, randomUUID())
    const found = await listed()
    await parked.discard(found, 'olga', action)
    await parked.discard(found, 'olga', { ...action, requestId: randomUUID() })
    const actions = (await new ActionList(database.pool('trickle_operator')).page(null, 100)).actions
    expect(actions.filter(({ traceId }) => traceId === action.traceId)).toMatchObject([
      {
        action: 'discard-messages',
        tenantId: tenant.tenantId,
        target: found[0]?.parkedId,
        detail: 'discarded 2 messages',
      },
    ])
  })
})

describe('the rights', () => {
  it('let the worker park and not read or decide, and the operator decide and not park', async () => {
    const worker = new ParkedMessages(database.pool('trickle_worker'))
    expect(await codeOf(worker.list({ limit: 1 }))).toBe('INTERNAL')
    expect(await codeOf(worker.discard([{ parkedId: '1', attempts: 1 }], 'x'))).toBe('INTERNAL')
    const operator = new MessageParking(database.pool('trickle_operator'))
    expect(await codeOf(operator.park(queue, [messageOf('1')]))).toBe('INTERNAL')
    for (const login of ['trickle_app', 'trickle_forwarder'] as const) {
      expect(await codeOf(new MessageParking(database.pool(login)).park(queue, [messageOf('1')]))).toBe(
        'INTERNAL',
      )
      expect(await codeOf(new ParkedMessages(database.pool(login)).open())).toBe('INTERNAL')
    }
  })
})
