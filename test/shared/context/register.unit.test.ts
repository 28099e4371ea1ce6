import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineQueue, registerTriggers } from '../../../shared/context/index.ts'
import type { Triggers } from '../../../shared/context/index.ts'
import type { Nudging } from '../../../shared/config/index.ts'
import type { RunsOn } from '../../../shared/sides/index.ts'
import { defineSubscription } from '../../../shared/subscriptions/index.ts'
import { queueSettings } from './support.ts'

type Options = Record<string, unknown> & {
  readonly handler: (trigger: unknown, context: unknown) => Promise<void>
}

/** What an app is told to run, by the names of the functions. */
function registered(
  triggers: Partial<Omit<Triggers<never>, 'routes' | 'commands'>>,
  runsOn: RunsOn = 'both',
  nudging: Nudging | null = null,
  connections: readonly string[] = [],
) {
  const functions = new Map<string, Options>()
  const note = (name: string, options: object): void => {
    functions.set(name, options as Options)
  }
  registerTriggers(
    { timer: note, serviceBusQueue: note },
    { timers: [], queues: [], subscriptions: [], ...triggers },
    {
      runsOn,
      subscriptionDatabase: () => {
        throw new Error('the database was asked for')
      },
      nudging,
      nudge: () => {
        nudges += 1
      },
      hasConnection: (prefix) => connections.includes(prefix),
    },
  )
  return functions
}

let nudges = 0

const log = { log: () => undefined, warn: () => undefined }

const messages: unknown[] = []
const queue = defineQueue({
  name: 'trickle-notes',
  settings: queueSettings,
  senders: ['app'],
  schema: z.strictObject({ title: z.string(), count: z.int().default(1) }),
  handler: async (message) => {
    messages.push(message)
  },
})
const timer = (name: string, runsOn?: RunsOn) => ({
  name,
  schedule: '0 0 * * * *',
  run: () => Promise.resolve(),
  ...(runsOn === undefined ? {} : { runsOn }),
})
const count = defineSubscription({ name: 'count', handle: () => undefined })

describe('an app registers', () => {
  const triggers = {
    timers: [timer('tidy'), timer('serve', 'public'), timer('watch', 'both')],
    queues: [queue],
    subscriptions: [count],
  }

  it.each<[RunsOn, string[]]>([
    ['both', ['serve', 'subscription-count', 'tidy', 'trickle-notes', 'watch']],
    ['public', ['serve', 'watch']],
    ['background', ['subscription-count', 'tidy', 'trickle-notes', 'watch']],
  ])('what runs on its side: %s', (runsOn, names) => {
    expect([...registered(triggers, runsOn).keys()].toSorted()).toEqual(names)
  })

  it('a run for each subscription, which asks for the database when it begins', async () => {
    const run = registered(triggers).get('subscription-count')
    expect(run?.['schedule']).toMatch(/^(\S+ ){5}\S+$/)
    await expect(run?.handler({}, log)).rejects.toThrow('the database was asked for')
  })

  it('a queue under the identity that may receive from it', () => {
    expect(registered(triggers).get('trickle-notes')).toMatchObject({
      queueName: 'trickle-notes',
      connection: 'ServiceBusConnection',
      isSessionsEnabled: true,
    })
    const others = defineQueue({ ...queueOf('forwarder') })
    expect(registered({ queues: [others] }).get('trickle-notes')).toMatchObject({
      connection: 'ServiceBusForwarderConnection',
    })
  })
})

describe('where nudges come', () => {
  const nudging = { backstopSchedule: '0 0 3 * * *' }
  const ran: string[] = []
  let outcome: 'done' | 'budget-spent' = 'done'
  const forwarding = {
    name: 'forwarding',
    schedule: '%TRICKLE_FORWARDING_SCHEDULE%',
    subscription: 'forward-adx',
    run: () => {
      ran.push('forward-adx')
      return Promise.resolve(outcome)
    },
  }
  const triggers = { timers: [timer('tidy'), forwarding], subscriptions: [count] }
  const schedulesIn = (app: ReturnType<typeof registered>) =>
    ['tidy', 'forwarding', 'subscription-count'].map((name) => app.get(name)?.['schedule'])

  it('timers of subscriptions are only the backstop, and one function takes the nudges', () => {
    const app = registered(triggers, 'background', nudging)
    expect(schedulesIn(app)).toEqual(['0 0 * * * *', '0 0 3 * * *', '0 0 3 * * *'])
    expect(app.get('trickle-nudges')).toMatchObject({
      queueName: 'trickle-nudges',
      connection: 'ServiceBusForwarderConnection',
    })
    const alone = registered(triggers, 'background')
    expect(schedulesIn(alone)).toEqual(['0 0 * * * *', '%TRICKLE_FORWARDING_SCHEDULE%', '*/10 * * * * *'])
    expect(alone.has('trickle-nudges')).toBe(false)
  })

  it('a nudge runs whom it names, and what is no nudge is told of and left out', async () => {
    const wake = registered(triggers, 'background', nudging).get('trickle-nudges')
    const warnings: unknown[] = []
    const noted = { log: () => undefined, warn: (line: unknown) => warnings.push(line) }
    await wake?.handler({ wake: ['unknown'] }, noted)
    expect([ran, warnings]).toEqual([[], []])
    await wake?.handler('hello', noted)
    expect(warnings).toEqual([expect.stringContaining('is no nudge')])
    await wake?.handler({ wake: ['forward-adx'] }, noted)
    expect(ran).toEqual(['forward-adx'])
  })

  it('a timer whose run had more to do than it may asks for a nudge', async () => {
    nudges = 0
    ran.length = 0
    outcome = 'budget-spent'
    await registered(triggers, 'background', nudging).get('forwarding')?.handler({}, log)
    expect([ran, nudges]).toEqual([['forward-adx'], 1])
  })
})

const queueOf = (receiver: 'worker' | 'forwarder') => ({
  name: 'trickle-notes',
  settings: queueSettings,
  senders: ['app'] as const,
  receiver,
  schema: z.unknown(),
  handler: () => Promise.resolve(),
})

describe('a message', () => {
  const handle = registered({ queues: [queue] }).get('trickle-notes')?.handler

  it('reaches the handler as its schema makes it', async () => {
    await handle?.({ title: 'a' }, log)
    expect(messages).toEqual([{ title: 'a', count: 1 }])
  })

  it('of another form is refused by its places, and what it says is told to nobody', async () => {
    messages.length = 0
    const given = { title: 'secret', count: 'secret', more: 'secret' }
    const refused = await handle?.(given, log).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'VALIDATION_FAILED' })
    expect(String(refused)).toContain('/count')
    expect(String(refused)).not.toContain('secret')
    expect(messages).toEqual([])
  })
})
