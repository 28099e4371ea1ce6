import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOwnServer } from '../../../support/database.ts'
import { mutateFunction } from '../../../support/mutate.ts'
import { batchBesideAppend, lateBatch, readBesideSlow } from './batch-races.ts'
import { openRaceBench } from './race-bench.ts'
import type { RaceBench } from './race-bench.ts'

/** Each race is forced twice: against the schema as it is, and in a database of its own with one guard taken out. */
let own: Awaited<ReturnType<typeof createOwnServer>>
beforeAll(async () => {
  own = await createOwnServer({ settings: { autovacuum: false } })
})
afterAll(() => own.drop())

const bench = (change?: (admin: Client) => Promise<unknown>): Promise<RaceBench> =>
  openRaceBench({ adminUrl: own.server.adminUrl, template: 'trickle' }, change)
const mutated = (name: string, piece: string | RegExp, replacement: string) => (admin: Client) =>
  mutateFunction(admin, `trickle_events_log.${name}`, piece, replacement)

const held = { during: [], after: ['slow 1', 'fast 1'] }
const skipped = { during: ['fast 1'], after: [] }

describe('a batch of several callers', () => {
  const unlocked = mutated('append_batch', /pg_try_advisory_xact_lock\([^)]*\(\), [^)]*\)\)/, 'true')

  it('leaves out a stream that somebody holds', async () => {
    expect(await batchBesideAppend(await bench())).toEqual(['appended', 'alone'])
  })

  it('would fail as a whole, if it did not lock what it writes', async () => {
    expect(await batchBesideAppend(await bench(unlocked))).toBe('57014')
  })

  it('must be the first write of its transaction', async () => {
    expect(await lateBatch(await bench())).toEqual({ late: 'TK002', feed: ['s 1'] })
  })

  it('would stand in the feed before what it follows, without that guard', async () => {
    const unguarded = mutated(
      'append_batch',
      'if pg_current_xact_id_if_assigned() is not null then',
      'if false then',
    )
    expect(await lateBatch(await bench(unguarded))).toEqual({ late: ['appended'], feed: ['s 2', 's 1'] })
  })

  it('holds the feed', async () => {
    expect(await readBesideSlow('batch', await bench())).toEqual(held)
  })

  it('would be skipped, if it locked nothing', async () => {
    expect(await readBesideSlow('batch', await bench(unlocked))).toEqual(skipped)
  })
})

it('an import holds the feed', async () => {
  expect(await readBesideSlow('import', await bench())).toEqual(held)
})

it('an import would be skipped, if it locked nothing', async () => {
  const unlocked = mutated('lock_lines', /perform trickle_events_log\.lock_streams[\s\S]*? d;/, 'null;')
  expect(await readBesideSlow('import', await bench(unlocked))).toEqual(skipped)
})
