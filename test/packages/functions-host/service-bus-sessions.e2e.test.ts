import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { stopEverything } from './host-process.ts'
import type { HostUnderTest } from './host-process.ts'
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

const ofSession = (sessionId: string, ...bodies: number[]): { sessionId: string; body: number }[] =>
  bodies.map((body) => ({ sessionId, body }))

/** The bodies of each session in the order of their runs. */
function runsBySession(host: HostUnderTest): Record<string, number[]> {
  const runs: Record<string, number[]> = {}
  for (const [session, bodies] of reportsOf<[string, number[]]>(host)) (runs[session] ??= []).push(...bodies)
  return runs
}

const idle = { sessionIdleTimeout: '00:00:00.2000000' }

describe('single messages of sessions', () => {
  const source = `let running = 0
app.serviceBusQueue('one', { queueName: 'sessions', connection: 'Bus', isSessionsEnabled: true, handler: async (message, context) => {
  running++
  report([String(context.triggerMetadata.sessionId), [message], running])
  await sleep(30)
  running-- } })`

  test('come in order in each session, several sessions at a time', async () => {
    const all = [1, 2, 3, 4, 5]
    await stage.send('sessions', ...['a', 'b', 'c'].flatMap((session) => ofSession(session, ...all)))
    const host = await stage.host({ source, serviceBus: idle })
    await expect.poll(() => stage.countOf('sessions'), soon).toBe(0)
    expect(runsBySession(host)).toEqual({ a: all, b: all, c: all })
    const running = reportsOf<[string, number[], number]>(host).map(([, , count]) => count)
    expect(Math.max(...running)).toBe(3)
    expect(await host.stop()).toBe(0)
  })

  test('maxConcurrentSessions limits them, and an idle session makes room for the next', async () => {
    await stage.send('sessions', ...['d', 'e', 'f'].flatMap((session) => ofSession(session, 1, 2)))
    const host = await stage.host({ source, serviceBus: { ...idle, maxConcurrentSessions: 1 } })
    await expect.poll(() => stage.countOf('sessions'), soon).toBe(0)
    expect(reportsOf<[string]>(host).map(([session]) => session)).toEqual(['d', 'd', 'e', 'e', 'f', 'f'])
    expect(reportsOf<[string, number[], number]>(host).map(([, , count]) => count)).toEqual(Array(6).fill(1))
    expect(await host.stop()).toBe(0)
  })

  test.each([0, 5])(
    'a message that fails comes again before those behind it (prefetchCount %i)',
    async (prefetchCount) => {
      await stage.send('sessions', ...ofSession(`g${prefetchCount}`, 1, 2, 3))
      const host = await stage.host({
        source: `app.serviceBusQueue('one', { queueName: 'sessions', connection: 'Bus', isSessionsEnabled: true, handler: (message, context) => {
        report([context.triggerMetadata.sessionId, [message]])
        if (message === 2 && context.triggerMetadata.deliveryCount === 1) throw new Error('once') } })`,
        serviceBus: { ...idle, prefetchCount },
      })
      await expect.poll(() => stage.countOf('sessions'), soon).toBe(0)
      expect(runsBySession(host)).toEqual({ [`g${prefetchCount}`]: [1, 2, 2, 3] })
      expect(await host.stop()).toBe(0)
    },
  )

  test('keep their session for longer than its lock', async () => {
    await stage.send('short-sessions', ...ofSession('h', 1, 2))
    const host = await stage.host({
      source: `app.serviceBusQueue('slow', { queueName: 'short-sessions', connection: 'Bus', isSessionsEnabled: true, handler: async (message, context) => {
        report([context.triggerMetadata.sessionId, [message]])
        await sleep(3500) } })`,
      serviceBus: idle,
    })
    await expect.poll(() => stage.countOf('short-sessions'), soon).toBe(0)
    expect(runsBySession(host)).toEqual({ h: [1, 2] })
    expect(await host.stop()).toBe(0)
  }, 60_000)
})

describe('batches of sessions', () => {
  const source = (name: string): string => `
app.serviceBusQueue('many', { queueName: '${name}', connection: 'Bus', isSessionsEnabled: true, cardinality: 'many', handler: async (messages, context) => {
  const counts = context.triggerMetadata.deliveryCountArray
  report([context.triggerMetadata.sessionIdArray[0], messages, counts])
  if (messages.includes(-1) && counts[0] < 3) throw new Error('not yet')
  if (messages.includes(-2) && counts[0] === 1) await sleep(3500) } })`

  test('are of one session each, in order, one session after the other', async () => {
    await stage.send('sessions', ...['i', 'j'].flatMap((session) => ofSession(session, 1, 2, 3)))
    const host = await stage.host({ source: source('sessions'), serviceBus: idle })
    await expect.poll(() => stage.countOf('sessions'), soon).toBe(0)
    expect(reportsOf(host)).toEqual([
      ['i', [1, 2, 3], [1, 1, 1]],
      ['j', [1, 2, 3], [1, 1, 1]],
    ])
    expect(await host.stop()).toBe(0)
  })

  test('a batch that fails comes again before what follows it', async () => {
    await stage.send('sessions', ...ofSession('k', 1, -1, 3, 4))
    const host = await stage.host({
      source: source('sessions'),
      serviceBus: { ...idle, maxMessageBatchSize: 2 },
    })
    await expect.poll(() => stage.countOf('sessions'), soon).toBe(0)
    expect(reportsOf(host)).toEqual([
      ['k', [1, -1], [1, 1]],
      ['k', [1, -1], [2, 2]],
      ['k', [1, -1], [3, 3]],
      ['k', [3, 4], [1, 1]],
    ])
    expect(await host.stop()).toBe(0)
  })

  test('that outlast the lock of their session come again, and the host goes on', async () => {
    await stage.send('short-sessions', ...ofSession('l', -2, 2))
    const host = await stage.host({ source: source('short-sessions'), serviceBus: idle })
    await expect.poll(() => stage.countOf('short-sessions'), soon).toBe(0)
    expect(runsBySession(host)).toEqual({ l: [-2, 2, -2, 2] })
    expect(host.output()).not.toContain("Can't receive")
    expect(await host.stop()).toBe(0)
  }, 60_000)
})
