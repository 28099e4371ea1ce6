import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
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

/** Long enough for a stray delivery to show itself. */
const SILENCE_MS = 500
const silence = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, SILENCE_MS))

describe('a function of single messages', () => {
  test('gets each message once, which is then gone', async () => {
    const host = await stage.host({
      source: `app.serviceBusQueue('one', { queueName: '%QUEUE%', connection: 'Bus', handler: (message) => report(message) })`,
      environment: { QUEUE: 'plain' },
    })
    await stage.send('plain', { body: { a: 1 } }, { body: 'text' }, { body: Buffer.from('no json') })
    await expect.poll(() => reportsOf(host).length, soon).toBe(3)
    expect(reportsOf(host)).toEqual(expect.arrayContaining([{ a: 1 }, 'text', 'no json']))
    await expect.poll(() => stage.countOf('plain'), soon).toBe(0)
    expect(await host.stop()).toBe(0)
  })

  test('that fails gets the message again at once, until it is a dead letter', async () => {
    const host = await stage.host({
      source: `app.serviceBusQueue('failing', { queueName: 'plain', connection: 'Bus', handler: (message, context) => {
        report([message, context.triggerMetadata.deliveryCount])
        throw new Error('refused') } })`,
    })
    await stage.send('plain', { body: 'poison' })
    await expect
      .poll(() => reportsOf(host), soon)
      .toEqual([
        ['poison', 1],
        ['poison', 2],
        ['poison', 3],
      ])
    await expect.poll(() => stage.countOf('plain'), soon).toBe(0)
    expect((await stage.deadLetters('plain')).at(-1)).toMatchObject({
      body: 'poison',
      deadLetterReason: 'MaxDeliveryCountExceeded',
    })
    expect(host.output().match(/error failing .*Failed.*refused/gu)).toHaveLength(3)
    expect(await host.stop()).toBe(0)
  })

  test('runs as many at a time as maxConcurrentCalls says, and fetches no more', async () => {
    const host = await stage.host({
      serviceBus: { maxConcurrentCalls: 2 },
      source: `let running = 0
app.serviceBusQueue('two', { queueName: 'plain', connection: 'Bus', handler: async (message) => {
  running++
  report({ running, message })
  await sleep(100)
  running-- } })`,
    })
    await stage.send('plain', ...[1, 2, 3, 4, 5, 6].map((body) => ({ body })))
    await expect.poll(() => reportsOf(host).length, soon).toBe(6)
    const running = reportsOf<{ running: number }>(host).map((report) => report.running)
    expect(Math.max(...running)).toBe(2)
    expect(await host.stop()).toBe(0)
  })

  test('without autoCompleteMessages settles nothing on success, and abandons on failure all the same', async () => {
    const host = await stage.host({
      serviceBus: { autoCompleteMessages: false },
      source: `app.serviceBusQueue('manual', { queueName: 'short', connection: 'Bus', handler: (message, context) => {
        report([message, context.triggerMetadata.deliveryCount, Date.now()])
        if (message === 'fails' && context.triggerMetadata.deliveryCount === 1) throw new Error('once') } })
app.serviceBusQueue('own', { queueName: 'plain', connection: 'Bus', autoCompleteMessages: true, handler: (message) => report(['own', message]) })`,
    })
    await stage.send('short', { body: 'fails' })
    await expect.poll(() => reportsOf(host).length, soon).toBeGreaterThan(2)
    const runs = reportsOf<[string, number, number]>(host)
    expect(runs.slice(0, 3).map(([, count]) => count)).toEqual([1, 2, 3])
    const [first = 0, second = 0, third = 0] = runs.map(([, , atMs]) => atMs)
    // After the failure it comes at once; after the success when its lock of two seconds has ended.
    expect(second - first).toBeLessThan(1_500)
    expect(third - second).toBeGreaterThan(1_500)
    await stage.send('plain', { body: 1 })
    await expect.poll(() => stage.countOf('plain'), soon).toBe(0)
    expect(await host.stop()).toBe(0)
  })

  test('keeps its lock while it runs longer than that, up to maxAutoLockRenewalDuration', async () => {
    const source = `app.serviceBusQueue('slow', { queueName: 'short', connection: 'Bus', handler: async (message, context) => {
      report([message, context.triggerMetadata.deliveryCount])
      await sleep(context.triggerMetadata.deliveryCount === 1 ? 5000 : 0) } })`
    const keeping = await stage.host({ source })
    // The message of the test before comes here too, when its lock has ended.
    await expect.poll(() => stage.countOf('short'), soon).toBe(0)
    const before = reportsOf(keeping).length
    await stage.send('short', { body: 'kept', messageId: 'same' }, { body: 'kept too', messageId: 'same' })
    await expect.poll(() => stage.countOf('short'), soon).toBe(0)
    expect(reportsOf(keeping).slice(before)).toEqual(
      expect.arrayContaining([
        ['kept', 1],
        ['kept too', 1],
      ]),
    )
    expect(reportsOf(keeping)).toHaveLength(before + 2)
    expect(await keeping.stop()).toBe(0)
    const losing = await stage.host({ source, serviceBus: { maxAutoLockRenewalDuration: '00:00:00' } })
    await stage.send('short', { body: 'lost' })
    await expect
      .poll(() => reportsOf(losing), soon)
      .toEqual([
        ['lost', 1],
        ['lost', 2],
      ])
    await losing.seen(/warning slow 1 of 1 messages could not be settled \(complete\).*lock/u)
    expect(await losing.stop()).toBe(0)
  }, 60_000)

  test('gets bytes with dataType binary; a body that is an AMQP value never reaches it', async () => {
    const host = await stage.host({
      source: `app.serviceBusQueue('bytes', { queueName: 'plain', connection: 'Bus', dataType: 'binary', handler: (message, context) => report([Buffer.isBuffer(message), message.toString('hex'), Object.keys(context.triggerMetadata).includes('tenant')]) })`,
    })
    await stage.send('plain', { body: Buffer.from([0xff, 0x00]) }, { body: { tenant: 't' } })
    await expect.poll(() => reportsOf(host), soon).toHaveLength(2)
    expect(reportsOf(host)).toEqual(
      expect.arrayContaining([
        [true, 'ff00', false],
        [true, Buffer.from('{"tenant":"t"}').toString('hex'), false],
      ]),
    )
    await stage.send('plain', { bodyType: 'value', body: 'a value' })
    await host.seen(/error bytes The body of message .* is an AMQP value or sequence/u)
    await expect.poll(() => stage.countOf('plain'), soon).toBe(0)
    expect(await host.stop()).toBe(0)
  })

  test('that is disabled gets nothing; by hand it runs with the message that it is given', async () => {
    const host = await stage.host({
      source: `const handler = (message, context) => report([message, context.triggerMetadata])
app.serviceBusQueue('off', { queueName: 'plain', connection: 'Bus', handler })
app.serviceBusQueue('many', { queueName: 'plain', connection: 'Bus', cardinality: 'many', handler })`,
      environment: { 'AzureWebJobs.off.Disabled': 'true', 'AzureWebJobs.many.Disabled': 'true' },
    })
    await stage.send('plain', { body: 'left alone' })
    await silence()
    expect(reportsOf(host)).toEqual([])
    const run = (name: string, input: string): Promise<Response> =>
      host.admin(`/admin/functions/${name}`, {
        method: 'POST',
        body: JSON.stringify({ input }),
        headers: { 'content-type': 'application/json' },
      })
    expect((await run('off', '{"id":7,"list":[1],"none":null,"inner":{"A":1}}')).status).toBe(202)
    await expect
      .poll(() => reportsOf(host), soon)
      .toEqual([
        [
          { id: 7, list: [1], none: null, inner: { A: 1 } },
          expect.objectContaining({ deliveryCount: 0, id: 7, inner: { a: 1 }, sequenceNumber: -1 }),
        ],
      ])
    expect((await run('many', 'text')).status).toBe(202)
    await expect
      .poll(() => reportsOf(host).at(-1), soon)
      .toEqual([
        ['text'],
        expect.objectContaining({ deliveryCount: 0, expiresAtUtc: '9999-12-31T23:59:59.9999999' }),
      ])
    expect(stage.countOf('plain')).toBe(1)
    expect(await host.stop()).toBe(0)
  })
})
