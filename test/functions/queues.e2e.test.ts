import { ServiceBusClient } from '@azure/service-bus'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApi } from '../support/api.ts'
import type { Api } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { eventually as untilSeen } from '../support/local-run.ts'

let api: Api
let bus: ServiceBusClient
let folder: string

beforeAll(async () => {
  api = await startApi({ own: true })
  bus = new ServiceBusClient(api.run.serviceBus)
  folder = await mkdtemp(join(tmpdir(), 'trickle-mended-'))
}, 120_000)
afterAll(async () => {
  await bus?.close()
  await rm(folder, { recursive: true, force: true })
  await api?.run.stop()
})

interface Listed {
  readonly id: string
  readonly messageId: string
  readonly reason: string
  readonly resubmissions: number
  readonly state: string
}

const QUEUE = 'trickle-events'

const send = async (messageId: string, body: unknown, sessionId?: string): Promise<void> => {
  const sender = bus.createSender(sessionId === undefined ? QUEUE : `${QUEUE}-ordered`)
  const session = sessionId === undefined ? {} : { sessionId }
  await sender.sendMessages({ body, messageId, contentType: 'application/json', ...session })
  await sender.close()
}

const listed = async (...words: string[]): Promise<Listed[]> => {
  const { stdout } = await api.run.trickle('queues', ...words, '--json')
  return (JSON.parse(stdout) as { messages: Listed[] }).messages
}

/** The row of a message, once it is parked. */
const parked = (messageId: string): Promise<Listed> =>
  untilSeen(async () => (await listed('parked', QUEUE)).find((one) => one.messageId === messageId))

const eventsOf = async (stream: string): Promise<unknown[]> => {
  const { json } = await api.call('GET', `/api/streams/${stream}/events`)
  return (json?.['events'] ?? []) as unknown[]
}

describe('an operator mends what a queue could not deliver', () => {
  it('edits a parked message and sends it again: its event is appended once', async () => {
    const tenant = api.slugs.acme
    await send('m-typo', {
      tenant,
      id: 'typo-1',
      streamId: 'mended',
      tpye: 'OrderPlaced',
      data: { total: 1 },
    })
    const { id, reason } = await parked('m-typo')
    expect(reason).toBe('VALIDATION_FAILED')
    const file = join(folder, 'message.json')
    const shown = await api.run.trickle('queues', 'show', QUEUE, id, '--body-to', file)
    expect(shown.stdout).toContain('As it is it would be parked at once: /')
    const resubmit = ['queues', 'resubmit', QUEUE, id, '--body', file]
    await expect(api.run.trickle(...resubmit, '--dry-run')).rejects.toThrow('400 VALIDATION_FAILED')

    await writeFile(file, (await readFile(file, 'utf8')).replace('tpye', 'type'))
    expect((await api.run.trickle(...resubmit, '--dry-run')).stdout).toContain('would be sent')
    expect(await eventsOf('mended')).toEqual([])
    expect((await api.run.trickle(...resubmit)).stdout).toContain('1 sent')
    await eventually(() => eventsOf('mended')).toHaveLength(1)
    expect((await api.run.trickle(...resubmit)).stdout).toContain('1 decided before')
    expect(await listed('parked', QUEUE, '--state', 'resubmitted')).toMatchObject([{ id, resubmissions: 1 }])
    const { stdout } = await api.run.trickle('actions', '--limit', '1')
    expect(stdout).toContain('resubmit-parked-message')
  })

  it('sends all again that waited for a tenant, and ready counts them until then', async () => {
    for (const n of [1, 2, 3])
      await send(`late-${n}`, {
        tenant: 'late-tenant',
        id: `late-${n}`,
        streamId: `late-${n}`,
        type: 'A',
        data: n,
      })
    for (const n of [1, 2, 3]) expect((await parked(`late-${n}`)).reason).toBe('TENANT_UNKNOWN')
    const ready = await api.call('GET', '/api/health/ready', { token: api.tokens.operator })
    expect([ready.status, ready.json]).toMatchObject([
      200,
      { detail: { parkedMessages: { count: 3, queues: [{ queue: QUEUE, count: 3 }] } } },
    ])
    await api.run.trickle('tenants', 'create', 'late-tenant')
    const all = ['queues', 'resubmit', QUEUE, '--all', '--reason', 'TENANT_UNKNOWN']
    expect((await api.run.trickle(...all)).stdout).toContain('3 sent')
    const token = await api.run.token({ tenant: 'late-tenant', roles: ['reader'] })
    await eventually(async () => {
      const { json } = await api.call('GET', '/api/streams/late-3/events', { token })
      return json?.['events']
    }).toHaveLength(1)
    expect(await listed('parked', QUEUE)).toEqual([])
  })

  it('sends a dead letter again, which is then gone', async () => {
    // The session is held before its message comes, so that no function gets it.
    const held = await bus.acceptSession(`${QUEUE}-ordered`, 'held')
    const tenant = api.slugs.acme
    await send('m-dead', { tenant, id: 'dead-1', streamId: 'from-dead', type: 'A', data: 1 }, 'held')
    const [message] = await held.receiveMessages(1, { maxWaitTimeInMs: 10_000 })
    if (message === undefined) throw new Error('the message did not come')
    await held.deadLetterMessage(message, {
      deadLetterReason: 'GivenUp',
      deadLetterErrorDescription: 'it failed',
    })
    await held.close()
    const [letter] = await listed('dead-letters', `${QUEUE}-ordered`)
    expect(letter).toMatchObject({ messageId: 'm-dead', reason: 'GivenUp' })
    const words = [`${QUEUE}-ordered`, letter?.id ?? '', '--dead-letters']
    expect((await api.run.trickle('queues', 'resubmit', ...words)).stdout).toContain('1 sent')
    await eventually(() => eventsOf('from-dead')).toHaveLength(1)
    expect(await listed('dead-letters', `${QUEUE}-ordered`)).toEqual([])
    await expect(api.run.trickle('queues', 'resubmit', ...words)).rejects.toThrow('404 DEAD_LETTER_NOT_FOUND')
  })

  it('loses nothing when the app is killed after it has sent and before it has recorded', async () => {
    const tenant = 'slow-tenant'
    await send('m-killed', { tenant, id: 'killed-1', streamId: 'killed', type: 'A', data: 1 })
    const { id } = await parked('m-killed')
    await api.run.trickle('tenants', 'create', tenant)
    const faults = api.run.faults.serviceBus
    const delay = { on: 'send', action: 'delay', delayMs: 3_000, queue: QUEUE, times: 1 }
    await fetch(faults, { method: 'POST', body: JSON.stringify({ rules: [delay] }) })
    const words = ['queues', 'resubmit', QUEUE, id]
    const cut = api.run.trickle(...words)
    await eventually(async () => (await fetch(faults)).json()).toMatchObject({ rules: [{ hits: 1 }] })
    const host = (await api.run.status()).processes.find(({ name }) => name === 'background-host')
    process.kill(host?.pid ?? 0, 'SIGKILL')
    await expect(cut).rejects.toThrow('Nothing answers at')

    const token = await api.run.token({ tenant, roles: ['reader'] })
    const streamOf = async (): Promise<unknown> =>
      (await api.call('GET', '/api/streams/killed/events', { token })).json?.['events']
    // The broker took the message after all.
    await eventually(streamOf).toHaveLength(1)
    await eventually(() => listed('parked', QUEUE)).toMatchObject([{ id, resubmissions: 0 }])
    expect((await api.run.trickle(...words)).stdout).toContain('1 sent')
    await eventually(async () => {
      const { stdout } = await api.run.trickle('queues', 'list', '--json')
      const { queues } = JSON.parse(stdout) as { queues: { name: string; messages: { count: number } }[] }
      return queues.find(({ name }) => name === QUEUE)?.messages.count
    }).toBe(0)
    expect(await streamOf()).toHaveLength(1)
    expect(await listed('parked', QUEUE)).toEqual([])
  })
})
