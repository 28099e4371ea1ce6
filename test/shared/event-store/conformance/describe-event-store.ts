import { describe } from 'vitest'
import { openSubject } from './subject.ts'
import type { Fixture, Suite } from './subject.ts'
import { concurrency } from './suites/concurrency.ts'
import { eventIds } from './suites/event-ids.ts'
import { feed } from './suites/feed.ts'
import { feedFilters } from './suites/feed-filters.ts'
import { feedSince } from './suites/feed-since.ts'
import { feedTypes } from './suites/feed-types.ts'
import { fidelity } from './suites/fidelity.ts'
import { idempotencyKeys } from './suites/idempotency-keys.ts'
import { limits } from './suites/limits.ts'
import { modes } from './suites/modes.ts'
import { names } from './suites/names.ts'
import { severalStreams } from './suites/several-streams.ts'
import { streamFilters } from './suites/stream-filters.ts'
import { streamReads } from './suites/stream-reads.ts'
import { streamTypes } from './suites/stream-types.ts'
import { tenants } from './suites/tenants.ts'
import { tokens } from './suites/tokens.ts'

const suites = {
  modes,
  'stream types': streamTypes,
  'several streams': severalStreams,
  names,
  'idempotency keys': idempotencyKeys,
  'event ids': eventIds,
  limits,
  fidelity,
  'stream reads': streamReads,
  'stream filters': streamFilters,
  feed,
  'feed types': feedTypes,
  'feed filters': feedFilters,
  'feed since': feedSince,
  tokens,
  tenants,
  concurrency,
} satisfies Record<string, Suite>

export type SuiteName = keyof typeof suites
export const allSuites = Object.keys(suites) as SuiteName[]

/** Holds one form of the store to the behaviour that all of them have. */
export function describeEventStore(name: string, fixture: Fixture, chosen: readonly SuiteName[]): void {
  describe.each([[name]])('%s', () => {
    const subject = openSubject(fixture)
    describe.each(chosen)('%s', (suite) => {
      suites[suite](subject)
    })
  })
}
