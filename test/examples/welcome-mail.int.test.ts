import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { folderMailer } from '../../examples/welcome-mail/folder-mailer.ts'
import { welcomeMail } from '../../examples/welcome-mail/subscription.ts'
import type { Mail } from '../../examples/welcome-mail/subscription.ts'
import { PostgresEventStore } from '../../shared/event-store/index.ts'
import type { NewEvent } from '../../shared/event-store/index.ts'
import { runSubscription, SubscriptionOperations } from '../../shared/subscriptions/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { appendOf } from '../shared/event-store/support.ts'
import { ample, openStage, runToEnd } from '../shared/subscriptions/group-support.ts'
import type { Stage } from '../shared/subscriptions/group-support.ts'

let stage: Stage
let acme: TenantContext
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'welcome-mail-'))
  stage = await openStage()
  acme = await stage.tenant('acme')
  const poison = await readFile(
    new URL('../../examples/welcome-mail/poison-event.json', import.meta.url),
    'utf8',
  )
  const registered = (email: string): NewEvent => ({
    type: 'CustomerRegistered',
    data: { name: 'Ada', email },
  })
  const store = new PostgresEventStore(stage.database.pool('trickle_app'))
  for (const [streamId, event] of [
    ['customer-1', registered('ada@example.com')],
    ['customer-2', JSON.parse(poison) as NewEvent],
    ['customer-2', registered('nobody@example.com')],
    ['customer-3', { type: 'CustomerLeft', data: {} }],
  ] as const)
    await store.append(acme, appendOf(streamId, { events: [event] }))
})
afterAll(async () => {
  await stage.database.drop()
  await rm(folder, { recursive: true, force: true })
})

const mails = async (): Promise<string[]> => {
  const names = await readdir(folder)
  return Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
}

it('the example sends a mail a customer, parks the one it can not serve, and goes on when that is repaired', async () => {
  let isAway = true
  const mailer = folderMailer(folder)
  const subscription = welcomeMail({
    send: (mail: Mail, signal) =>
      isAway ? Promise.reject(Object.assign(new Error('away'), { status: 503 })) : mailer.send(mail, signal),
  })
  expect((await runSubscription(stage.worker, subscription, ample)).outcome).toBe('waiting')
  isAway = false
  await runToEnd(stage, subscription)
  expect(await mails()).toEqual(['To: ada@example.com\n\nWelcome, Ada!\n'])
  const operations = new SubscriptionOperations(stage.operator)
  const { events } = await operations.parked('welcome-mail', { limit: 9 })
  expect(events).toMatchObject([
    {
      streamId: 'customer-2',
      version: 1,
      state: 'parked',
      attempts: 5,
      error: 'the customer has no e-mail address',
    },
    { streamId: 'customer-2', version: 2, state: 'waiting' },
  ])
  await operations.skip('welcome-mail', events[0]?.parkedId ?? '')
  await runToEnd(stage, subscription)
  expect((await mails()).sort()).toEqual([
    'To: ada@example.com\n\nWelcome, Ada!\n',
    'To: nobody@example.com\n\nWelcome, Ada!\n',
  ])
})
