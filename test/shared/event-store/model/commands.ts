import * as fc from 'fast-check'
import type { FeedQuery, StreamQuery } from '../../../../shared/event-store/index.ts'
import type { SuiteName } from '../conformance/describe-event-store.ts'
import { postgresSuites } from '../conformance/postgres-suites.ts'
import { oneAppend, severalAppends, someStreamTypes, someTypes, streamName, tenantIndex } from './requests.ts'
import { expectSame, maskEvents, maskPage, maskWritten, outcomeOf, tenantOf } from './world.ts'
import type { Outcome, SentAppend, Side } from './world.ts'

/** What both stores are told; the model's answer is what is right. */
type Command = fc.AsyncCommand<Side, Side>

function command(
  text: string,
  run: (side: Side) => Promise<Outcome>,
  check: (model: Readonly<Side>) => boolean = () => true,
): Command {
  return {
    check,
    toString: () => text,
    async run(model, real) {
      const expected = await run(model)
      expectSame({ text, ...(await run(real)) }, { text, ...expected })
    },
  }
}

function send(side: Side, append: SentAppend): Promise<Outcome> {
  const tenant = tenantOf(side, append.tenant)
  side.sent.push(append)
  return append.kind === 'one'
    ? outcomeOf(side, side.store.append(tenant, append.request), maskWritten)
    : outcomeOf(side, side.store.appendAll(tenant, append.request), (result) => ({
        ...result,
        consistencyToken: undefined,
        streams: result.streams.map(maskWritten),
      }))
}

const append = fc
  .tuple(tenantIndex, oneAppend)
  .map(([tenant, request]) =>
    command(`append ${tenant} ${fc.stringify(request)}`, (side) =>
      send(side, { kind: 'one', tenant, request }),
    ),
  )

const appendAll = fc
  .tuple(tenantIndex, severalAppends)
  .map(([tenant, request]) =>
    command(`appendAll ${tenant} ${fc.stringify(request)}`, (side) =>
      send(side, { kind: 'several', tenant, request }),
    ),
  )

/** Sends an earlier append again, to the letter. */
const repeat = fc.nat(7).map((back) =>
  command(
    `repeat the append ${back} before the last`,
    async (side) => {
      const earlier = side.sent.at(-1 - back)
      if (earlier === undefined) throw new Error('check lets this through')
      return send(side, earlier)
    },
    ({ sent }) => sent.length > back,
  ),
)

/** Nothing for what PostgresEventStore does not do yet: its suite is awaited. */
const ifBuilt = <T>(suite: SuiteName, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  postgresSuites.includes(suite) ? arbitrary : fc.constant(undefined)

const readStream = fc
  .record({
    tenant: tenantIndex,
    streamId: streamName,
    backward: fc.boolean(),
    from: fc.option(fc.nat(8), { nil: undefined }),
    to: ifBuilt('stream filters', fc.option(fc.nat(8), { nil: undefined })),
    types: ifBuilt('stream filters', someTypes),
    limit: fc.integer({ min: 1, max: 5 }),
  })
  .map(({ tenant, ...query }: { tenant: number } & StreamQuery) =>
    command(`readStream ${tenant} ${fc.stringify(query)}`, (side) =>
      outcomeOf(side, side.store.readStream(tenantOf(side, tenant), query), (page) => ({
        streamVersion: page.streamVersion,
        next: page.next,
        events: maskEvents(page.events),
      })),
    ),
  )

const streamInfo = fc.tuple(tenantIndex, streamName).map(([tenant, streamId]) =>
  command(`streamInfo ${tenant} ${streamId}`, (side) =>
    outcomeOf(
      side,
      side.store.streamInfo(tenantOf(side, tenant), streamId),
      ({ createdAt, updatedAt, ...info }) => ({
        ...info,
        isWrittenOnce: createdAt === updatedAt,
      }),
    ),
  ),
)

/** Pages on from the beginning, from any token that was handed out, or since any event. */
const readFeed = fc
  .record({
    tenant: tenantIndex,
    start: fc.oneof(
      fc.record({ back: fc.option(fc.nat(5), { nil: undefined }) }),
      ifBuilt('feed since', fc.record({ sinceEvent: fc.nat(10) })).map(
        (start) => start ?? { back: undefined },
      ),
    ),
    types: someTypes,
    streamTypes: ifBuilt('feed filters', someStreamTypes),
    limit: fc.integer({ min: 1, max: 6 }),
  })
  .map(({ tenant, start, ...filter }): Command => ({
    check: () => true,
    toString: () => `readFeed ${tenant} ${fc.stringify({ start, ...filter })}`,
    async run(model, real) {
      const read = async (side: Side): Promise<{ next: string; seen: unknown }> => {
        const query: FeedQuery = { ...filter, ...(await startOf(side, tenant, start)) }
        const page = await side.store.readFeed(tenantOf(side, tenant), query)
        return { next: page.next, seen: maskPage(page) }
      }
      const expected = await read(model)
      const { next, seen } = await read(real)
      expectSame(seen, expected.seen)
      model.tokens.push({ tenant, token: expected.next })
      real.tokens.push({ tenant, token: next })
    },
  }))

async function startOf(
  side: Side,
  tenant: number,
  start: { readonly back: number | undefined } | { readonly sinceEvent: number },
): Promise<Partial<FeedQuery>> {
  if ('sinceEvent' in start) {
    const { events } = await side.store.readFeed(tenantOf(side, tenant), { limit: 100 })
    const chosen = events[start.sinceEvent]
    return chosen === undefined ? {} : { since: (JSON.parse(chosen) as { recordedAt: string }).recordedAt }
  }
  const own = side.tokens.filter((known) => known.tenant === tenant)
  return start.back === undefined ? {} : { after: own.at(-1 - start.back)?.token }
}

const setStatus = fc
  .tuple(tenantIndex, fc.constantFrom<'active' | 'suspended'>('active', 'active', 'active', 'suspended'))
  .map(([tenant, status]) =>
    command(`tenant ${tenant} becomes ${status}`, (side) =>
      outcomeOf(side, side.setTenantStatus(tenantOf(side, tenant), status), () => 'done'),
    ),
  )

/** What the stores of this branch know; both sides must know all of it. */
export const allCommands: readonly fc.Arbitrary<Command>[] = [
  append,
  append,
  appendAll,
  repeat,
  readStream,
  readFeed,
  streamInfo,
  setStatus,
]
