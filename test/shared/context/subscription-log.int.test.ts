import { afterAll, beforeAll, expect, it } from 'vitest'
import { registerTriggers } from '../../../shared/context/index.ts'
import { defineSubscription } from '../../../shared/subscriptions/index.ts'
import type { Subscription } from '../../../shared/subscriptions/index.ts'
import { openStage } from '../subscriptions/group-support.ts'
import type { Stage } from '../subscriptions/group-support.ts'

type Run = (trigger: unknown, context: unknown) => Promise<void>

let stage: Stage
const bad = new Error('no such account')

beforeAll(async () => {
  stage = await openStage()
  await stage.append(await stage.tenant('acme'), 's', 2)
})
afterAll(() => stage.database.drop())

/** Lets the timer of a subscription run once, and returns what it warned of: each time the texts and errors. */
async function warningsOf(subscription: Subscription): Promise<unknown[][]> {
  const warnings: unknown[][] = []
  let run: Run | undefined
  registerTriggers(
    { timer: (_name, options) => (run = options.handler as unknown as Run), serviceBusQueue: () => {} },
    { timers: [], queues: [], subscriptions: [subscription] },
    {
      runsOn: 'background',
      subscriptionDatabase: () => stage.worker,
      nudging: null,
      nudge: () => undefined,
      hasConnection: () => false,
    },
  )
  await run?.({}, { log: () => {}, warn: (...parts: unknown[]) => warnings.push(parts) })
  return warnings
}

it('a failed attempt is one line, and the whole error is told when nothing more is tried', async () => {
  const subscription = defineSubscription({
    name: 'failing',
    maxAttempts: 2,
    backoffMs: { first: 0, longest: 0 },
    onPoison: 'stop',
    handle: () => {
      throw bad
    },
  })
  const attempt = (number: number, what: string): unknown =>
    expect.stringMatching(new RegExp(`^failing: .* attempt ${number}, ${what}: no such account at test/`))
  const stopped = ['failing is stopped until an operator decides. Why: trickle subscriptions show failing']
  expect(await warningsOf(subscription)).toEqual([
    [attempt(1, 'tried again')],
    [attempt(2, 'subscription stopped'), bad],
    stopped,
  ])
  expect(await warningsOf(subscription)).toEqual([stopped])
})
