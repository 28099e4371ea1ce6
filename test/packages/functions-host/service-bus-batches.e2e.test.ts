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

const ascending = (left: number, right: number): number => left - right

const numbers = (count: number): { body: number }[] =>
  Array.from({ length: count }, (_, index) => ({ body: index + 1 }))

describe('a function of batches', () => {
  test('gets what is there, at most maxMessageBatchSize, one batch at a time, and completes all of it', async () => {
    await stage.send('plain', ...numbers(25))
    const host = await stage.host({
      serviceBus: { maxMessageBatchSize: 10 },
      source: `let running = 0
app.serviceBusQueue('many', { queueName: 'plain', connection: 'Bus', cardinality: 'many', handler: async (messages) => {
  running++
  report({ running, messages })
  await sleep(100)
  running-- } })`,
    })
    await expect.poll(() => stage.countOf('plain'), soon).toBe(0)
    const batches = reportsOf<{ running: number; messages: number[] }>(host)
    expect(batches.map(({ running }) => running)).toEqual(batches.map(() => 1))
    expect(batches.flatMap(({ messages }) => messages)).toEqual(numbers(25).map(({ body }) => body))
    expect(batches[0]?.messages).toHaveLength(10)
    expect(await host.stop()).toBe(0)
  })

  test('does not wait for more messages', async () => {
    const host = await stage.host({
      source: `app.serviceBusQueue('many', { queueName: 'plain', connection: 'Bus', cardinality: 'many', handler: (messages) => report(messages) })`,
    })
    await stage.send('plain', { body: 'first' })
    await expect.poll(() => stage.countOf('plain'), soon).toBe(0)
    const begunAtMs = performance.now()
    await stage.send('plain', { body: 'second' })
    await expect.poll(() => stage.countOf('plain'), { ...soon, interval: 10 }).toBe(0)
    // The SDK's own receiveMessages would take a second and more.
    expect(performance.now() - begunAtMs).toBeLessThan(700)
    expect(reportsOf(host)).toEqual([['first'], ['second']])
    expect(await host.stop()).toBe(0)
  })

  test('that fails gets all of the batch again, and the dead letters are those of the batch', async () => {
    const host = await stage.host({
      source: `app.serviceBusQueue('failing', { queueName: 'plain', connection: 'Bus', cardinality: 'many', handler: (messages, context) => {
        report([messages, context.triggerMetadata.deliveryCountArray])
        throw new Error('refused') } })`,
    })
    await stage.send('plain', ...numbers(3))
    await expect.poll(() => stage.countOf('plain'), soon).toBe(0)
    expect(
      reportsOf<[number[], number[]]>(host)
        .flatMap(([, counts]) => counts)
        .sort(ascending),
    ).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3])
    expect((await stage.deadLetters('plain')).map(({ body }) => body as number).sort(ascending)).toEqual([
      1, 2, 3,
    ])
    expect(await host.stop()).toBe(0)
  })

  test('has no renewal: what runs longer than its lock comes again', async () => {
    const host = await stage.host({
      source: `app.serviceBusQueue('slow', { queueName: 'short', connection: 'Bus', cardinality: 'many', handler: async (messages, context) => {
        report([messages, context.triggerMetadata.deliveryCountArray])
        await sleep(context.triggerMetadata.deliveryCountArray[0] === 1 ? 3500 : 0) } })`,
    })
    await stage.send('short', { body: 1 }, { body: 2 })
    await host.seen(/warning slow 2 of 2 messages could not be settled \(complete\)/u)
    await expect.poll(() => stage.countOf('short'), soon).toBe(0)
    expect(reportsOf(host).at(-1)).toEqual([
      [1, 2],
      [2, 2],
    ])
    expect(await host.stop()).toBe(0)
  }, 60_000)

  test('with minMessageBatchSize waits for so many, but not longer than maxBatchWaitTime', async () => {
    const host = await stage.host({
      serviceBus: { minMessageBatchSize: 3, maxBatchWaitTime: '00:00:02' },
      source: `app.serviceBusQueue('many', { queueName: 'plain', connection: 'Bus', cardinality: 'many', handler: (messages) => report(messages) })`,
    })
    await stage.send('plain', { body: 1 })
    await stage.send('plain', { body: 2 })
    await stage.send('plain', { body: 3 })
    await expect.poll(() => reportsOf(host), soon).toEqual([[1, 2, 3]])
    await stage.send('plain', { body: 4 })
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect(reportsOf(host)).toHaveLength(1)
    await expect.poll(() => reportsOf(host), soon).toEqual([[1, 2, 3], [4]])
    await expect.poll(() => stage.countOf('plain'), soon).toBe(0)
    expect(await host.stop()).toBe(0)
  })

  test('at a stop: the batch that runs ends and is completed, and what waits goes back at once', async () => {
    const host = await stage.host({
      serviceBus: { maxMessageBatchSize: 2, prefetchCount: 10 },
      source: `app.serviceBusQueue('many', { queueName: 'plain', connection: 'Bus', cardinality: 'many', handler: async (messages) => {
        report(messages)
        await sleep(1500)
        report('done') } })`,
    })
    await stage.send('plain', ...numbers(6))
    await host.seen(/REPORT/u)
    expect(await host.stop()).toBe(0)
    expect(reportsOf(host)).toEqual([[1, 2], 'done'])
    expect(stage.countOf('plain')).toBe(4)
    const next = await stage.host({
      source: `app.serviceBusQueue('many', { queueName: 'plain', connection: 'Bus', cardinality: 'many', handler: (messages) => report(messages) })`,
    })
    // The locks of 30 s were given back.
    await expect.poll(() => stage.countOf('plain'), soon).toBe(0)
    expect(reportsOf<number[]>(next).flat().sort(ascending)).toEqual([3, 4, 5, 6])
    expect(await next.stop()).toBe(0)
  })
})
