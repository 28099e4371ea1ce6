import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { commands } from '../../../functions/commands/context.ts'
import { defineCommand, defineContext } from '../../../functions/define-context.ts'
import type { CommandContext, ReceivedCommand } from '../../../shared/context/index.ts'
import { TrickleError } from '../../../shared/errors/index.ts'
import { ParkedMessages } from '../../../shared/messages/index.ts'
import type { TenantContext } from '../../../shared/tenancy/index.ts'
import { openContextStage } from '../../support/context-stage.ts'
import type { ContextStage } from '../../support/context-stage.ts'

interface Call {
  readonly command: ReceivedCommand<unknown>
  readonly context: CommandContext<TenantContext>
}

const calls: Call[] = []
let failure: Error | null = null

const testing = defineContext({
  name: 'testing',
  commands: () => [
    defineCommand({
      type: 'thing.do',
      schema: z.strictObject({ n: z.number().default(1) }),
      handler: async (command, context) => {
        calls.push({ command, context })
        if (failure !== null) throw failure
      },
    }),
  ],
})

let stage: ContextStage
beforeAll(async () => {
  stage = await openContextStage(testing, {
    tenants: ['acme', 'beta'],
    settings: { TRICKLE_COMMANDS_QUEUE_TENANTS: 'acme, BETA' },
  })
})
afterAll(() => stage.stop())
beforeEach(() => {
  calls.length = 0
  failure = null
})

const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
let count = 0
const doThing = (more: object = {}) => ({
  tenant: 'acme',
  id: `c-${(count += 1)}`,
  type: 'thing.do',
  data: {},
  ...more,
})

/** The reason for which a message was parked, or the code of the error with which it went back. */
async function fateOf(body: unknown, deliveryCount = 1): Promise<string> {
  const parked = new ParkedMessages(stage.platform.databases.operator)
  const before = (await parked.list({ limit: 1_000 })).messages.length
  try {
    await stage.command(body, deliveryCount)
  } catch (error) {
    return `again: ${(error as TrickleError).code}`
  }
  const { messages } = await parked.list({ limit: 1_000 })
  return messages.length === before ? 'done' : `parked: ${messages.at(-1)?.reason ?? ''}`
}

describe('a command', () => {
  it('comes to the handler that was declared for its type, with tenant, receipt and trace', async () => {
    const sent = doThing({ id: 'first', streamId: 's', traceparent: TRACE, metadata: { user: 'ada' } })
    expect(await fateOf(sent)).toBe('done')
    const [call] = calls
    expect(call?.command).toMatchObject({
      id: 'first',
      type: 'thing.do',
      data: { n: 1 },
      streamId: 's',
      metadata: { user: 'ada' },
    })
    expect(call?.context.tenant.slug).toBe('acme')
    expect(call?.context.options).toMatchObject({
      idempotency: { key: 'command:first' },
      trace: { traceParent: TRACE },
    })
  })

  it('may be a CloudEvent, for any tenant of the queue', async () => {
    const event = {
      specversion: '1.0',
      id: 'e',
      source: '/shop',
      type: 'thing.do',
      tenant: 'beta',
      data: { n: 7 },
    }
    expect(await fateOf(event)).toBe('done')
    expect(calls[0]?.context.tenant.slug).toBe('beta')
    expect(calls[0]?.context.options.idempotency?.key).toBe('command@["/shop","e"]')
  })

  it.each([
    ['of an unknown type', { type: 'thing.undo' }, 'parked: COMMAND_UNKNOWN'],
    ['with other data', { data: { n: 'many' } }, 'parked: VALIDATION_FAILED'],
    ['with a number that its schema can not keep', { data: { n: null } }, 'parked: VALIDATION_FAILED'],
    ['for an unknown tenant', { tenant: 'nobody' }, 'parked: TENANT_UNKNOWN'],
    ['with what is for appends', { expected: 3 }, 'parked: VALIDATION_FAILED'],
  ])('%s is parked, and its handler is not called', async (_what, more, fate) => {
    expect(await fateOf(doThing(more))).toBe(fate)
    expect(calls).toEqual([])
  })

  it('for a tenant that the queue is not bound to is parked', async () => {
    await stage.database.tenant('gamma')
    expect(await fateOf(doThing({ tenant: 'gamma' }))).toBe('parked: TENANT_CONTEXT_REFUSED')
  })

  it.each<[string, Error, string, string]>([
    ['a refusal', new TrickleError('NAME_TAKEN', 'taken'), 'parked: NAME_TAKEN', 'parked: NAME_TAKEN'],
    [
      'a passing failure',
      new TrickleError('ISSUER_UNAVAILABLE', 'away'),
      'again: ISSUER_UNAVAILABLE',
      'again: ISSUER_UNAVAILABLE',
    ],
    ['a fault of its own', new TypeError('oops'), 'again: INTERNAL', 'parked: INTERNAL'],
    [
      'a wrong setting',
      new TrickleError('CONFIGURATION_INVALID', 'set it'),
      'again: CONFIGURATION_INVALID',
      'again: CONFIGURATION_INVALID',
    ],
  ])('whose handler ends with %s', async (_what, error, first, tenth) => {
    failure = error
    const sent = doThing()
    for (let attempt = 1; attempt < 10; attempt += 1) {
      const fate = await fateOf(sent, 500)
      expect(fate).toBe(first)
      if (!fate.startsWith('again')) return
    }
    expect(await fateOf(sent, 500)).toBe(tenth)
  })
})

it('the queue has sessions and no removal of duplicates, and asks for bytes', () => {
  const [queue] = commands.triggersOn(() => stage.platform).queues
  expect(queue).toMatchObject({
    name: 'trickle-commands',
    isBatch: false,
    isBinary: true,
    needsServiceBus: false,
    receiver: 'worker',
    settings: { requiresSession: true, requiresDuplicateDetection: false, maxDeliveryCount: 2_000 },
  })
})
