import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { stopEverything } from './host-process.ts'
import { openStage, reportsOf, soon } from './service-bus-stage.ts'
import type { Stage } from './service-bus-stage.ts'

let stage: Stage

beforeAll(async () => {
  stage = await openStage()
})

afterEach(stopEverything)

afterAll(async () => {
  await stage.stop()
})

type Metadata = Record<string, unknown>

const SINGLE = `app.serviceBusQueue('one', { queueName: 'plain', connection: 'Bus', handler: (message, context) => report([message, context.triggerMetadata, context.traceContext]) })`

test('one message: what the service says of it, by the names and in the forms of the extension', async () => {
  const host = await stage.host({ source: SINGLE })
  await stage.send('plain', {
    body: 'text',
    messageId: '42',
    contentType: 'text/plain',
    correlationId: '007',
    subject: 'a subject',
    to: 'somebody',
    replyTo: 'me',
    replyToSessionId: 's2',
    sessionId: 'true',
    applicationProperties: { Tenant: 'acme', when: new Date('2026-01-02T03:04:05.600Z'), Count: 3 },
  })
  await expect.poll(() => reportsOf(host).length, soon).toBe(1)
  const [[body, metadata] = []] = reportsOf<[unknown, Metadata]>(host)
  expect(body).toBe('text')
  expect(metadata).toEqual({
    deliveryCount: 1,
    lockToken: expect.stringMatching(/^[0-9a-f-]{36}$/u),
    expiresAtUtc: expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$/u),
    expiresAt: expect.stringMatching(/^20.*\+00:00$/u),
    enqueuedTimeUtc: expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$/u),
    enqueuedTime: expect.stringMatching(/^20.*\+00:00$/u),
    // The library reads text as JSON where it can.
    messageId: 42,
    correlationId: '007',
    sessionId: true,
    contentType: 'text/plain',
    subject: 'a subject',
    label: 'a subject',
    to: 'somebody',
    replyTo: 'me',
    replyToSessionId: 's2',
    sequenceNumber: expect.any(Number),
    // Names lose their capital letter, those of the sender too.
    applicationProperties: { tenant: 'acme', when: '2026-01-02T03:04:05.600Z', count: 3 },
    userProperties: { tenant: 'acme', when: '2026-01-02T03:04:05.600Z', count: 3 },
  })
})

test('one message: members of its body replace what the service says', async () => {
  const host = await stage.host({ source: SINGLE })
  const body = {
    messageId: 'forged',
    DELIVERYCOUNT: 99,
    tenant: { Slug: 'acme' },
    isOpen: true,
    time: '2026-01-02T03:04:05+01:00',
    list: [1],
    nothing: null,
  }
  await stage.send(
    'plain',
    { body, messageId: 'real' },
    { body: [{ messageId: 'in a list' }], messageId: 'next' },
  )
  await expect.poll(() => reportsOf(host).length, soon).toBe(2)
  const reports = reportsOf<[unknown, Metadata]>(host)
  const [, metadata = {}] = reports.find(([message]) => !Array.isArray(message)) ?? []
  expect(metadata).toMatchObject({
    messageId: 'forged',
    deliveryCount: 99,
    tenant: { slug: 'acme' },
    isOpen: 'True',
    time: '01/02/2026 02:04:05',
  })
  expect(Object.keys(metadata)).not.toEqual(expect.arrayContaining(['list']))
  expect(Object.keys(metadata)).not.toEqual(expect.arrayContaining(['nothing']))
  const [, ofList = {}] = reports.find(([message]) => Array.isArray(message)) ?? []
  expect(ofList['messageId']).toBe('next')
})

test('one message: its trace goes on', async () => {
  const host = await stage.host({ source: SINGLE })
  const traceparent = '00-0123456789abcdef0123456789abcdef-0123456789abcdef-01'
  await stage.send('plain', { body: 1, applicationProperties: { traceparent, tracestate: 'a=b' } })
  await expect.poll(() => reportsOf(host).length, soon).toBe(1)
  const [[, , trace] = []] = reportsOf<[unknown, Metadata, { traceParent: string; traceState: string }]>(host)
  expect(trace?.traceParent).toMatch(
    /^00-0123456789abcdef0123456789abcdef-(?!0123456789abcdef)[0-9a-f]{16}-01$/u,
  )
  expect(trace?.traceState).toBe('a=b')
})

test('a batch: arrays, and text that is missing is left out, so that they have other lengths', async () => {
  await stage.send(
    'plain',
    { body: { messageId: 'in the body' }, messageId: 'a', subject: 'first' },
    { body: Buffer.alloc(0), messageId: 'b', applicationProperties: { Tenant: 't' } },
    { body: 'third', messageId: '3', subject: 'third' },
  )
  const host = await stage.host({
    source: `app.serviceBusQueue('many', { queueName: 'plain', connection: 'Bus', cardinality: 'many', handler: (messages, context) => report([messages, context.triggerMetadata]) })
app.serviceBusQueue('bytes', { queueName: 'sessions', connection: 'Bus', isSessionsEnabled: true, cardinality: 'many', dataType: 'binary', handler: (messages) => report(messages.map((one) => Buffer.isBuffer(one) && one.length)) })`,
  })
  await expect.poll(() => reportsOf(host).length, soon).toBe(1)
  const [[bodies, metadata] = []] = reportsOf<[unknown, Metadata]>(host)
  expect(bodies).toEqual([{ messageId: 'in the body' }, 'third'])
  expect(metadata).toMatchObject({
    deliveryCountArray: [1, 1, 1],
    messageIdArray: ['a', 'b', 3],
    subjectArray: ['first', 'third'],
    labelArray: ['first', 'third'],
    deadLetterSourceArray: [],
    sessionIdArray: [],
    transactionPartitionKeyArray: [],
    applicationPropertiesArray: [{}, { tenant: 't' }, {}],
    userPropertiesArray: [{}, { tenant: 't' }, {}],
  })
  const sequence = { low: expect.any(Number) as number, high: 0, unsigned: false }
  expect(metadata?.['sequenceNumberArray']).toEqual([sequence, sequence, sequence])
  expect(Object.keys(metadata ?? {}).filter((name) => !name.endsWith('Array'))).toEqual([])
  await stage.send(
    'sessions',
    { body: Buffer.alloc(0), sessionId: 's' },
    { body: Buffer.alloc(2), sessionId: 's' },
  )
  await expect.poll(() => reportsOf(host).at(-1), soon).toEqual([0, 2])
})
