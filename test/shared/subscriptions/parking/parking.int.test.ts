import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SubscriptionOperations, workLimits } from '../../../../shared/subscriptions/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { mutateFunction } from '../../../support/mutate.ts'
import { labels, openStage, parkedStates, Recorder, runToEnd } from '../group-support.ts'
import type { Stage } from '../group-support.ts'

let stage: Stage
let acme: TenantContext
let operations: SubscriptionOperations

beforeAll(async () => {
  stage = await openStage()
  acme = await stage.tenant('acme')
  operations = new SubscriptionOperations(stage.operator)
  for (let n = 0; n < 3; n += 1) {
    await stage.append(acme, 'bad', 2)
    await stage.append(acme, 'good', 1)
  }
})
afterAll(() => stage.database.drop())

/** A handler that can't do some versions of the stream `bad`. */
function failingAt(...versions: number[]): Recorder {
  const recorder = new Recorder()
  recorder.fail = ({ streamId, version }) => {
    if (streamId === 'bad' && versions.includes(version)) throw new Error(`version ${version} is bad`)
  }
  return recorder
}

const idsOf = async (name: string): Promise<Map<string, string>> => {
  const { events } = await operations.parked(name, { limit: 1_000 })
  return new Map(events.map((event) => [`${event.streamId} ${event.version}`, event.parkedId]))
}
const idOf = async (name: string, label: string): Promise<string> => (await idsOf(name)).get(label) ?? ''

/** A page is read while the stream is blocked, and before it is recorded the event that blocks it is skipped. */
async function skippedBeside(name: string): Promise<Recorder> {
  const recorder = failingAt(3)
  const judge = recorder.fail
  let isSkipped = false
  recorder.fail = async (event, attempt) => {
    if (event.streamId === 'good' && event.version === 3 && !isSkipped) {
      isSkipped = true
      await operations.skip(name, await idOf(name, 'bad 3'))
    }
    await judge(event, attempt)
  }
  await runToEnd(stage, recorder.define(name))
  return recorder
}

describe('a poison event', () => {
  it('is parked with its stream, whose later events wait in order while others go on', async () => {
    const recorder = failingAt(3)
    const subscription = recorder.define('park-stream')
    await runToEnd(stage, subscription)
    expect(recorder.seen.filter((label) => label.startsWith('bad'))).toEqual(labels('bad', 1, 2))
    expect(recorder.ofStream('good')).toEqual(labels('good', 1, 3))
    expect(recorder.attempts.filter((text) => text.startsWith('bad 3 '))).toHaveLength(5)
    expect(await parkedStates(stage.admin, 'park-stream')).toEqual([
      'bad 3 parked',
      'bad 4 waiting',
      'bad 5 waiting',
      'bad 6 waiting',
    ])
    const { events } = await operations.parked('park-stream', { limit: 1 })
    expect(events[0]).toMatchObject({
      tenantId: acme.tenantId,
      streamId: 'bad',
      version: 3,
      type: 'Noted',
      source: '',
      attempts: 5,
      error: 'version 3 is bad',
      state: 'parked',
    })
    expect(await operations.get('park-stream')).toMatchObject({ parkedEvents: 4, blockedStreams: 1 })
    await stage.append(acme, 'bad', 1)
    await runToEnd(stage, subscription)
    expect((await parkedStates(stage.admin, 'park-stream')).at(-1)).toBe('bad 7 waiting')
  })

  it('that is replayed and succeeds lets the waiting ones follow in order, and the stream is free', async () => {
    const recorder = new Recorder()
    const subscription = recorder.define('park-stream')
    await operations.replay('park-stream', await idOf('park-stream', 'bad 3'))
    await runToEnd(stage, subscription)
    expect(recorder.seen).toEqual(labels('bad', 3, 7))
    expect(await parkedStates(stage.admin, 'park-stream')).toEqual([])
    await stage.append(acme, 'bad', 1)
    await runToEnd(stage, subscription)
    expect(recorder.seen.at(-1)).toBe('bad 8')
  })

  it('that is replayed and fails is parked again, after as many attempts', async () => {
    const recorder = failingAt(3)
    const subscription = recorder.define('again')
    await runToEnd(stage, subscription)
    recorder.attempts.length = 0
    await operations.replay('again', await idOf('again', 'bad 3'))
    await runToEnd(stage, subscription)
    expect(recorder.attempts).toEqual([1, 2, 3, 4, 5].map((attempt) => `bad 3 #${attempt}`))
    expect(await parkedStates(stage.admin, 'again')).toMatchObject({ 0: 'bad 3 parked', 1: 'bad 4 waiting' })
  })

  it('that is skipped is left out for good, and a later one that fails blocks in its turn', async () => {
    const recorder = failingAt(3, 5)
    const subscription = recorder.define('skipping')
    await runToEnd(stage, subscription)
    await operations.skip('skipping', await idOf('skipping', 'bad 3'))
    await runToEnd(stage, subscription)
    expect(recorder.ofStream('bad')).toEqual(['bad 1', 'bad 2', 'bad 4'])
    await expect(operations.skip('skipping', '1')).rejects.toMatchObject({ code: 'PARKED_EVENT_NOT_FOUND' })
    // One that only waits can be given up too.
    await operations.skip('skipping', await idOf('skipping', 'bad 7'))
    await operations.skip('skipping', await idOf('skipping', 'bad 5'))
    await runToEnd(stage, subscription)
    expect(recorder.ofStream('bad')).toEqual(['bad 1', 'bad 2', 'bad 4', 'bad 6', 'bad 8'])
    expect(await parkedStates(stage.admin, 'skipping')).toEqual([
      'bad 3 skipped',
      'bad 5 skipped',
      'bad 7 skipped',
    ])
    expect(await operations.get('skipping')).toMatchObject({ parkedEvents: 0, blockedStreams: 0 })
  })

  it('skipped while a page is worked on does not leave later events waiting for nobody', async () => {
    const recorder = await skippedBeside('beside')
    expect(recorder.ofStream('bad')).toEqual([1, 2, 4, 5, 6, 7, 8].map((version) => `bad ${version}`))
    expect(await parkedStates(stage.admin, 'beside')).toEqual(['bad 3 skipped'])
  })

  it('alone is parked when that is asked for, and its stream goes on', async () => {
    const recorder = failingAt(3)
    const subscription = recorder.define('park-event', { onPoison: 'park-event' })
    await runToEnd(stage, subscription)
    expect(recorder.ofStream('bad')).toEqual([1, 2, 4, 5, 6, 7, 8].map((version) => `bad ${version}`))
    expect(await operations.get('park-event')).toMatchObject({ parkedEvents: 1, blockedStreams: 0 })
    recorder.fail = () => {}
    await operations.replay('park-event', await idOf('park-event', 'bad 3'))
    await runToEnd(stage, subscription)
    expect(recorder.seen.at(-1)).toBe('bad 3')
    expect(await parkedStates(stage.admin, 'park-event')).toEqual([])
  })

  it('stops the subscription when that is asked for; resumed, it is tried as often again', async () => {
    const recorder = failingAt(3)
    const subscription = recorder.define('stopping', { onPoison: 'stop', maxAttempts: 2 })
    expect((await runToEnd(stage, subscription)).outcome).toBe('stopped')
    expect(await operations.get('stopping')).toMatchObject({
      state: 'stopped',
      error: expect.stringContaining('version 3 is bad') as string,
      parkedEvents: 0,
    })
    await operations.resume('stopping')
    expect((await runToEnd(stage, subscription)).outcome).toBe('stopped')
    expect(recorder.attempts.filter((text) => text.startsWith('bad 3'))).toEqual([
      'bad 3 #1',
      'bad 3 #2',
      'bad 3 #1',
      'bad 3 #2',
    ])
    recorder.fail = () => {}
    await operations.resume('stopping')
    await runToEnd(stage, subscription)
    expect(recorder.ofStream('bad')).toEqual(labels('bad', 1, 8))
  })

  it('that is not what the log holds any more is not handled', async () => {
    const recorder = failingAt(3)
    const subscription = recorder.define('changed', { onPoison: 'park-event' })
    await runToEnd(stage, subscription)
    await stage.admin.query(
      "update trickle_subscriptions_state.parked set event_id = 'of another life' where name = 'changed'",
    )
    recorder.fail = () => {}
    await operations.replay('changed', await idOf('changed', 'bad 3'))
    await runToEnd(stage, subscription)
    const { events } = await operations.parked('changed', { limit: 9 })
    expect(events).toMatchObject([{ state: 'parked', error: expect.stringContaining('not hold') as string }])
    expect(recorder.ofStream('bad')).not.toContain('bad 3')
  })
})

describe('without its guard', () => {
  it('a stream would wait for ever for an event that was skipped meanwhile', async () => {
    const throwaway = "where x.state = 'waiting') w"
    await mutateFunction(stage.admin, 'trickle_subscriptions_state.set_aside', throwaway, 'where false) w')
    await skippedBeside('unguarded')
    await mutateFunction(stage.admin, 'trickle_subscriptions_state.set_aside', 'where false) w', throwaway)
    expect(await parkedStates(stage.admin, 'unguarded')).toContain('bad 4 waiting')
  })
})

describe('too many events set aside', () => {
  it('stop the subscription with a clear reason', async () => {
    const recorder = failingAt(1)
    await stage.append(acme, 'bad', 100)
    await stage.admin.query(
      `insert into trickle_subscriptions_state.parked (name, tenant_id, stream_id, version, xid, position, source, event_id, type, state, blocks)
        select 'full', $1, 'elsewhere', n, '0', 0, '', n, 'Noted', 'waiting', false from generate_series(1, ${workLimits.parkedMax - 50}) n`,
      [acme.tenantId],
    )
    expect((await runToEnd(stage, recorder.define('full'))).outcome).toBe('stopped')
    expect(await operations.get('full')).toMatchObject({
      state: 'stopped',
      error: expect.stringContaining(`${workLimits.parkedMax} events`) as string,
    })
  })
})
