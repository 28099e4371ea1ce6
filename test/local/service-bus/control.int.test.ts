import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { brokerSettings, startServiceBus } from '../../../local/service-bus/index.ts'
import type { RunningServiceBus } from '../../../local/service-bus/index.ts'
import { readQueues } from '../../../local/service-bus-queues/index.ts'

let folder = ''
let running: RunningServiceBus

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trickle-service-bus-'))
  const queues = await readQueues()
  running = await startServiceBus({
    queues: queues.map((queue) => brokerSettings(queue)),
    topics: [],
    dataFolder: folder,
    port: 0,
    faultsPort: 0,
    secret: 'a secret',
    log: () => undefined,
    failed: () => undefined,
  })
})

afterAll(async () => {
  await running.stop()
  await rm(folder, { recursive: true, force: true })
})

async function post(plan: unknown): Promise<{ status: number; body: unknown }> {
  const response = await fetch(running.faultsUrl, { method: 'POST', body: JSON.stringify(plan) })
  return { status: response.status, body: await response.json() }
}

test('the door of faults takes a plan, shows it with what is in the queues, and clears it', async () => {
  const rule = { on: 'settle', action: 'delay', delayMs: 5, queue: 'trickle-commands' }
  expect(await post({ seed: 3, rules: [rule] })).toMatchObject({ status: 200, body: { seed: 3 } })
  const shown: unknown = await (await fetch(running.faultsUrl)).json()
  expect(shown).toMatchObject({
    rules: [{ ...rule, hits: 0 }],
    queues: (await readQueues()).map(({ name }) => ({ queue: name, messages: 0, deadLetters: 0 })),
  })
  await fetch(running.faultsUrl, { method: 'DELETE' })
  expect(await (await fetch(running.faultsUrl)).json()).toMatchObject({ rules: [] })
})

test('a plan that is wrong is refused with what is wrong', async () => {
  const { status, body } = await post({ rules: [{ on: 'settle', action: 'explode' }] })
  expect(status).toBe(400)
  expect(JSON.stringify(body)).toContain('action')
  const response = await fetch(running.faultsUrl, { method: 'POST', body: '{' })
  expect(response.status).toBe(400)
})

test('only the health check answers without the secret, and nothing answers a web page', async () => {
  const { origin } = new URL(running.faultsUrl)
  expect((await fetch(`${origin}/health`)).status).toBe(200)
  expect((await fetch(`${origin}/faults?code=wrong`)).status).toBe(401)
  const fromPage = await fetch(running.faultsUrl, { headers: { origin: 'http://example.com' } })
  expect(fromPage.status).toBe(403)
})

test('the queues are those of Azure, in milliseconds', async () => {
  const [nudges] = (await readQueues()).map((queue) => brokerSettings(queue))
  expect(nudges).toEqual({
    name: 'trickle-nudges',
    lockDurationMs: 60_000,
    maxDeliveryCount: 3,
    defaultMessageTimeToLiveMs: 300_000,
    requiresSession: false,
    duplicateDetectionHistoryMs: 20_000,
    deadLetteringOnMessageExpiration: false,
  })
})
