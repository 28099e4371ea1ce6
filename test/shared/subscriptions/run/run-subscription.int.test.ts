import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TrickleError } from '../../../../shared/errors/index.ts'
import {
  defineSubscription,
  RetryLater,
  runSubscription,
  eventPage,
} from '../../../../shared/subscriptions/index.ts'
import type { SubscriptionEvent, SubscriptionProblem } from '../../../../shared/subscriptions/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { ample, labels, openStage, parkedStates, Recorder, runToEnd } from '../group-support.ts'
import type { Stage } from '../group-support.ts'
import { endWait, subscriptionRow } from '../support.ts'

let stage: Stage
let acme: TenantContext

beforeAll(async () => {
  stage = await openStage()
  acme = await stage.tenant('acme')
  for (let n = 0; n < 3; n += 1) {
    await stage.append(acme, 'a', 2)
    await stage.append(acme, 'b', 1, 'Other')
  }
})
afterAll(() => stage.database.drop())

const run = (subscription: ReturnType<typeof defineSubscription>, options = ample) =>
  runSubscription(stage.worker, subscription, options)

describe('a subscription', () => {
  it('handles everything once, in the order of each stream, and then has nothing to do', async () => {
    const recorder = new Recorder()
    const everything = recorder.define('everything')
    expect(await run(everything)).toEqual({ outcome: 'done', events: 9, steps: 1 })
    expect([recorder.ofStream('a'), recorder.ofStream('b')]).toEqual([labels('a', 1, 6), labels('b', 1, 3)])
    expect(await run(everything)).toEqual({ outcome: 'done', events: 0, steps: 0 })
  })

  it('gets the types that it asks for, and its checkpoint moves past the others', async () => {
    const recorder = new Recorder()
    const others = recorder.define('others', { types: ['Other'] })
    expect((await run(others)).events).toBe(3)
    const everything = await subscriptionRow(stage.admin, 'everything')
    expect(await subscriptionRow(stage.admin, 'others')).toMatchObject({ position: everything.position })
    expect(await run(recorder.define('none', { streamTypes: ['unheard-of'] }))).toMatchObject({ events: 0 })
  })

  it('sees what the event is', async () => {
    const seen: SubscriptionEvent[] = []
    await run(
      defineSubscription({
        name: 'looking',
        types: ['Other'],
        handle: (event) => {
          seen.push(event)
        },
      }),
    )
    expect(seen[0]).toMatchObject({
      tenantId: acme.tenantId,
      streamId: 'b',
      streamType: null,
      version: 1,
      type: 'Other',
      data: { n: 1 },
      metadata: {},
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
    })
  })

  it('that begins now handles only what comes after it was made', async () => {
    const recorder = new Recorder()
    const fromNow = recorder.define('from-now', { startAt: 'now' })
    expect((await run(fromNow)).events).toBe(0)
    await stage.append(acme, 'later', 2)
    expect((await run(fromNow)).events).toBe(2)
    expect(recorder.seen).toEqual(labels('later', 1, 2))
  })

  it('ends when its budget is spent and goes on where it was', async () => {
    const recorder = new Recorder()
    await stage.append(acme, 'long', 450)
    const small = recorder.define('small')
    expect(await run(small, { timeMs: 60_000, stepsMax: 1 })).toMatchObject({ outcome: 'budget-spent' })
    // The one tenant goes to a lane, which begins with the next step.
    expect(recorder.seen).toHaveLength(eventPage.tenantShare)
    expect(await run(small, { timeMs: 0, stepsMax: 9 })).toEqual({
      outcome: 'budget-spent',
      events: 0,
      steps: 0,
    })
    await runToEnd(stage, small)
    expect(recorder.ofStream('long')).toEqual(labels('long', 1, 450))
    expect(new Set(recorder.seen).size).toBe(recorder.seen.length)
  })

  it('works once, however many call it at once', async () => {
    const recorder = new Recorder()
    const crowd = recorder.define('crowd')
    // The one that works waits for the others: a run that begins after its end would find nothing to do, and not be busy.
    const others = Promise.withResolvers<void>()
    let ended = 0
    recorder.fail = () => others.promise
    const runs = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const ofThis = await run(crowd)
        ended += 1
        if (ended === 7) others.resolve()
        return ofThis
      }),
    )
    expect(runs.filter(({ outcome }) => outcome === 'busy')).toHaveLength(7)
    expect(recorder.ofStream('long')).toEqual(labels('long', 1, 450))
    expect(new Set(recorder.seen).size).toBe(recorder.seen.length)
  })
})

describe('a handler that throws', () => {
  it('is called again with a higher number, and the event is handled in its place', async () => {
    const recorder = new Recorder()
    const problems: SubscriptionProblem[] = []
    recorder.fail = ({ streamId, version }, attempt) => {
      if (streamId === 'a' && version === 3 && attempt < 3) throw new Error(`no, ${attempt}`)
    }
    await runSubscription(stage.worker, recorder.define('twice'), {
      ...ample,
      onProblem: (problem) => problems.push(problem),
    })
    expect(recorder.ofStream('a')).toEqual(labels('a', 1, 6))
    expect(recorder.attempts.filter((text) => text.startsWith('a 3 '))).toEqual([
      'a 3 #1',
      'a 3 #2',
      'a 3 #3',
    ])
    expect(problems).toMatchObject([
      { action: 'retry', attempt: 1, event: { streamId: 'a', version: 3, type: 'Noted' } },
      { action: 'retry', attempt: 2, error: { message: 'no, 2' } },
    ])
  })

  it('waits in later runs when the wait is long, and its attempts are counted across them', async () => {
    const recorder = new Recorder()
    recorder.fail = ({ streamId, version }) => {
      if (streamId === 'a' && version === 2) throw new Error('never')
    }
    const patient = recorder.define('patient', {
      backoffMs: { first: 60_000, longest: 60_000 },
      maxAttempts: 3,
    })
    for (const attempt of [1, 2]) {
      expect((await run(patient)).outcome).toBe('waiting')
      expect((await run(patient)).outcome).toBe('waiting')
      expect(recorder.attempts.at(-1)).toBe(`a 2 #${attempt}`)
      expect(await subscriptionRow(stage.admin, 'patient')).toMatchObject({ error: 'never' })
      await endWait(stage.admin, 'patient')
    }
    await run(patient)
    expect(recorder.attempts).toContain('a 2 #3')
    expect(await parkedStates(stage.admin, 'patient')).toContain('a 2 parked')
    expect(recorder.ofStream('a')).toEqual(['a 1'])
  })

  it('RetryLater, or an error that says it will pass, costs no attempt however often', async () => {
    const recorder = new Recorder()
    let isAway = true
    recorder.fail = ({ streamId, version }) => {
      if (!isAway || streamId !== 'a' || version !== 1) return
      throw recorder.attempts.length % 2 === 0
        ? new RetryLater('mail is away', { afterMs: 10_000 })
        : new TrickleError('ANALYTICS_UNAVAILABLE', 'away')
    }
    const later = recorder.define('later', { maxAttempts: 2 })
    for (let n = 0; n < 6; n += 1) {
      expect((await run(later)).outcome).toBe('waiting')
      await endWait(stage.admin, 'later')
    }
    isAway = false
    await runToEnd(stage, later)
    expect(recorder.ofStream('a')).toEqual(labels('a', 1, 6))
    expect(await parkedStates(stage.admin, 'later')).toEqual([])
  })

  it('nothing and never ends is given up after its time, by its signal', async () => {
    const aborted: boolean[] = []
    const hanging = defineSubscription({
      name: 'hanging',
      types: ['Other'],
      maxAttempts: 1,
      attemptTimeoutMs: 20,
      handle: (_event, { signal }) =>
        new Promise(() => {
          signal.addEventListener('abort', () => aborted.push(true))
        }),
    })
    expect((await run(hanging)).outcome).toBe('done')
    expect(aborted).toHaveLength(1)
    expect(await parkedStates(stage.admin, 'hanging')).toEqual(['b 1 parked', 'b 2 waiting', 'b 3 waiting'])
  })
})

describe('a definition', () => {
  it.each([
    { name: 'Capitals' },
    { name: '' },
    { name: 'x'.repeat(64) },
    { maxAttempts: 0 },
    { maxAttempts: 51 },
    { types: [] },
    { attemptTimeoutMs: 0 },
    { backoffMs: { first: 2, longest: 1 } },
  ])('that can not be is refused: %j', (wrong) => {
    expect(() => defineSubscription({ name: 'fine', handle: () => {}, ...wrong })).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID' }) as Error,
    )
  })
})
