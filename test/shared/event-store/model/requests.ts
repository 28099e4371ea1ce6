import * as fc from 'fast-check'
import type {
  AppendAllRequest,
  AppendRequest,
  Expectation,
  NewEvent,
  ReservedName,
  StreamWrite,
} from '../../../../shared/event-store/index.ts'

export const TENANTS = 2
/** Few, so that appends meet. */
export const STREAMS = ['s0', 's1', 's2'] as const
const TYPES = ['A', 'B', 'C'] as const

export const tenantIndex = fc.nat(TENANTS - 1)
export const streamName = fc.constantFrom(...STREAMS)
/** Mostly nothing. */
const sometimes = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })

export const someTypes = sometimes(fc.uniqueArray(fc.constantFrom(...TYPES, 'None'), { maxLength: 2 }))
export const someStreamTypes = sometimes(
  fc.uniqueArray(fc.constantFrom('order', 'invoice'), { maxLength: 2 }),
)

const expectation: fc.Arbitrary<Expectation> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ mode: 'any' } as const) },
  { weight: 1, arbitrary: fc.constant({ mode: 'none' } as const) },
  { weight: 1, arbitrary: fc.constant({ mode: 'exists' } as const) },
  { weight: 2, arbitrary: fc.nat(5).map((version) => ({ mode: 'version', version }) as const) },
)

const value = fc.constantFrom<unknown>(
  1,
  null,
  'text',
  { b: 1, aa: [JSON.rawJSON('1.50')], a: { é: JSON.rawJSON('9223372036854775807') } },
  JSON.rawJSON('1e3'),
)

/** An event that the store has to name. */
const unnamed: fc.Arbitrary<NewEvent> = fc.record({
  type: fc.constantFrom(...TYPES),
  data: value,
  time: sometimes(fc.constantFrom('2026-03-29T02:30:00.123456+02:00', '1999-12-31T23:59:59Z')),
  metadata: sometimes(fc.constantFrom({}, { m: 1 })),
  schemaVersion: sometimes(fc.constantFrom(1, 2)),
  correlationId: sometimes(fc.constant('c')),
})

/** The event with this number always has the same content, so that it is a repetition; now and then it has another. */
const numbered = (streamId: string): fc.Arbitrary<NewEvent> =>
  fc
    .record({ number: fc.nat(5), isChanged: fc.boolean(), isElsewhere: fc.boolean(), chance: fc.nat(9) })
    .map(({ number, isChanged, isElsewhere, chance }) => {
      const home = isElsewhere && chance === 0 ? 's0' : streamId
      return {
        id: `${home}-${number}`,
        source: number === 5 ? 'urn:other' : undefined,
        type: TYPES[number % TYPES.length] ?? 'A',
        data: isChanged && chance === 1 ? 'changed' : { number },
      }
    })

const events = (streamId: string): fc.Arbitrary<NewEvent[]> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.array(unnamed, { minLength: 1, maxLength: 3 }) },
    {
      weight: 6,
      arbitrary: fc.uniqueArray(numbered(streamId), {
        minLength: 1,
        maxLength: 3,
        selector: ({ id }) => id,
      }),
    },
    { weight: 2, arbitrary: fc.tuple(unnamed, numbered(streamId)).map((both) => [...both]) },
    { weight: 1, arbitrary: fc.constant<NewEvent[]>([]) },
  )

const names = sometimes(
  fc.uniqueArray(
    fc.constantFrom<ReservedName>(
      { set: 'a', value: 'x' },
      { set: 'a', value: 'y' },
      { set: 'b', value: 'x' },
    ),
    { minLength: 1, maxLength: 2, selector: ({ set, value: name }) => set + name },
  ),
)

const writeTo = (streamId: string): fc.Arbitrary<StreamWrite> =>
  fc.record({
    streamId: fc.constant(streamId),
    streamType: sometimes(fc.constantFrom('order', 'order', 'order', 'invoice')),
    expected: expectation,
    events: events(streamId),
    reservations: names,
    releases: names,
  })

/** The fingerprint is that of the whole request, as the routes make it; only `repeat` sends one twice. */
const withKey = <T extends object>(request: T, key: string | undefined) => ({
  ...request,
  idempotency: key === undefined ? null : { key, fingerprint: Buffer.from(JSON.stringify(request)) },
})
const key = sometimes(fc.constantFrom('k0', 'k1', 'k2', 'k3'))

export const oneAppend: fc.Arbitrary<AppendRequest> = fc
  .tuple(streamName.chain(writeTo), key)
  .map(([write, chosen]) => withKey(write, chosen))

export const severalAppends: fc.Arbitrary<AppendAllRequest> = fc
  .shuffledSubarray([...STREAMS], { minLength: 1 })
  .chain((chosen) =>
    fc.tuple(
      fc.nat(chosen.length - 1).chain((conditions) =>
        fc.record({
          streams: fc.tuple(...chosen.slice(conditions).map(writeTo)),
          conditions: fc.tuple(
            ...chosen
              .slice(0, conditions)
              .map((streamId) => fc.record({ streamId: fc.constant(streamId), expected: expectation })),
          ),
        }),
      ),
      key,
    ),
  )
  .map(([request, chosen]) => withKey(request, chosen))
