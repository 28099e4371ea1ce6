import { randomUUID } from 'node:crypto'
import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PostgresEventStore } from '../../../../shared/event-store/index.ts'
import type { AppendRequest, AppendResult } from '../../../../shared/event-store/index.ts'
import { Database } from '../../../../shared/postgres/index.ts'
import type { DatabaseOptions } from '../../../../shared/postgres/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { createDatabase } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'
import { TcpProxy } from '../../../../packages/tcp-proxy/index.ts'
import type { FaultAction } from '../../../../packages/tcp-proxy/index.ts'
import { pickBelow, scaled, seededRandom } from '../../../support/scale.ts'
import { appendOf, codeOfRefusal } from '../support.ts'

/** The text of a statement, and its name once the connection has prepared it. In Bind, a zero byte comes before it. */
const APPEND = ['trickle_events_log.append(', '\u0000append_']
const LOOK_UP = ['trickle_events_log.find_append(', '\u0000find_append_']
const appends = scaled(60)
const LANES = 4
const ACTIONS: readonly FaultAction[] = ['cut-response', 'cut-response', 'cut-request', 'cut-delayed']

let database: TestDatabase
let admin: Client
let acme: TenantContext

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  acme = await database.tenant('acme')
})
afterAll(() => database.drop())

/**
 * A store behind a proxy of its own. Only the proxy loses answers here: the time limit of a query stays the product's,
 * since a shorter one ran out on a slow machine, where a new connection's first append takes long, and lost a third answer.
 */
async function proxied({ statements = 'named', queryTimeoutMs }: Partial<DatabaseOptions> = {}) {
  const proxy = await TcpProxy.start(database.url('trickle_app'))
  const open = () =>
    new Database({
      url: proxy.url(database.url('trickle_app')),
      connectionsMax: 1,
      statements,
      ...(queryTimeoutMs === undefined ? {} : { queryTimeoutMs }),
    })
  let pool = open()
  return {
    proxy,
    get store() {
      return new PostgresEventStore(pool)
    },
    /** A pool of its own has retries left again: these loops fail more often than a budget allows. */
    async renew() {
      await pool.end()
      pool = open()
    },
    async close() {
      await pool.end()
      await proxy.close()
    },
  }
}

async function storedVersions(streamId: string): Promise<number[]> {
  const { rows } = await admin.query<{ version: string }>(
    'select version from trickle_events_log.events where tenant_id = $1 and stream_id = $2 order by version',
    [acme.tenantId, streamId],
  )
  return rows.map((row) => Number(row.version))
}

const plain = ({ replayed: _replayed, replayedByKey: _byKey, ...rest }: AppendResult) => rest

describe.concurrent.each([
  ['with a key', true, false],
  ['with ids of the caller', false, true],
  ['with both', true, true],
  ['with neither', false, false],
])('an append %s whose answers are lost', (name, hasKey, hasIds) => {
  const slug = name.replaceAll(' ', '-')

  const requestOf = (nth: number): AppendRequest => {
    const streamId = `${slug}-${nth}`
    return appendOf(streamId, {
      expected: nth % 3 === 0 ? { mode: 'none' } : { mode: 'any' },
      events: [1, 2].map((n) => ({
        ...(hasIds ? { id: `${streamId}-${n}` } : {}),
        type: 'Noted',
        data: { n },
      })),
      ...(hasKey ? { idempotency: { key: streamId, fingerprint: Buffer.from(streamId) } } : {}),
    })
  }

  /** One connection's share of the appends, each with one or two faults on its way. */
  const appendAll = async (lane: number): Promise<void> => {
    const link = await proxied({ statements: lane % 2 === 0 ? 'named' : 'unnamed' })
    const random = seededRandom(slug.length * LANES + lane)
    for (let nth = lane; nth < appends; nth += LANES) {
      // Two retries each at the most, and nine are what a fresh budget allows.
      if (Math.floor(nth / LANES) % 4 === 0) await link.renew()
      const faults = Array.from({ length: 1 + pickBelow(random, 2) }, () => ({
        action: ACTIONS[pickBelow(random, ACTIONS.length)] ?? 'cut-response',
        when: APPEND,
        delayMs: pickBelow(random, 30),
      }))
      link.proxy.arm(...faults)
      const request = requestOf(nth)
      const result = await link.store.append(acme, request)
      // All of them came to pass within this append, so none is left for the next.
      expect(link.proxy.faultsArmed).toBe(0)
      expect(result).toMatchObject({ streamId: request.streamId, firstVersion: 1, version: 2 })
      expect(result.events.map((event) => event.version)).toEqual([1, 2])
    }
    await link.close()
  }

  it(
    'is one append in the end, whether the request or the answer was cut',
    async () => {
      await Promise.all(Array.from({ length: LANES }, (_, lane) => appendAll(lane)))
      const { rows } = await admin.query<{ streams: string; events: string }>(
        `select count(distinct stream_id) as streams, count(*) as events from trickle_events_log.events
        where tenant_id = $1 and stream_id ~ ('^' || $2 || '-\\d+$')`,
        [acme.tenantId, slug],
      )
      expect(rows).toEqual([{ streams: String(appends), events: String(2 * appends) }])
    },
    scaled(60_000),
  )
})

describe('a caller who is told that the outcome is unknown', () => {
  it('may send the same again, with a key or with ids, and gets the first answer', async () => {
    const link = await proxied()
    for (const [nth, request] of [
      appendOf('unknown-key', { idempotency: { key: 'unknown', fingerprint: Buffer.from('unknown') } }),
      appendOf('unknown-ids', { events: [{ id: 'unknown-1', type: 'A', data: 1 }] }),
    ].entries()) {
      await link.renew()
      // Three attempts, all of them without an answer.
      link.proxy.arm(...Array.from({ length: 3 }, () => ({ action: 'cut-response', when: APPEND }) as const))
      await expect(link.store.append(acme, request)).rejects.toMatchObject({
        code: 'OUTCOME_UNKNOWN',
        retryable: true,
      })
      expect(await storedVersions(request.streamId)).toEqual([1])
      const again = await link.store.append(acme, request)
      expect(again).toMatchObject({ version: 1, replayed: true, replayedByKey: nth === 0 })
      expect(plain(await link.store.append(acme, request))).toEqual(plain(again))
      expect(await storedVersions(request.streamId)).toEqual([1])
    }
    await link.close()
  })

  it('without either has written at most once', async () => {
    const link = await proxied()
    for (let nth = 0; nth < 5; nth += 1) {
      await link.renew()
      const streamId = `at-most-${nth}`
      link.proxy.arm(...Array.from({ length: 3 }, () => ({ action: 'cut-response', when: APPEND }) as const))
      expect(await codeOfRefusal(link.store.append(acme, appendOf(streamId)))).toBe('OUTCOME_UNKNOWN')
      expect(await storedVersions(streamId)).toEqual([1])
    }
    await link.close()
  })
})

describe('an append that is lost', () => {
  it('on a server that is gone then is not told as one that wrote nothing', async () => {
    const link = await proxied()
    await link.store.append(acme, appendOf('warm'))
    link.proxy.arm({ action: 'cut-response', when: APPEND })
    link.proxy.refusesNew = true
    expect(await codeOfRefusal(link.store.append(acme, appendOf('gone-then')))).toBe('OUTCOME_UNKNOWN')
    expect(await storedVersions('gone-then')).toEqual([1])
    await link.close()
  })

  it('and can not be looked up then is not told as one that wrote nothing either', async () => {
    const link = await proxied()
    const lost = (when: readonly string[]) => ({ action: 'cut-response', when }) as const
    link.proxy.arm(lost(APPEND), lost(LOOK_UP), lost(LOOK_UP), lost(LOOK_UP))
    expect(await codeOfRefusal(link.store.append(acme, appendOf('not-looked-up')))).toBe('OUTCOME_UNKNOWN')
    expect(await storedVersions('not-looked-up')).toEqual([1])
    await link.close()
  })
})

describe('a line', () => {
  it('that is cut while the resolving look-up is answered is looked up again', async () => {
    const link = await proxied()
    const request = appendOf('looked-up', {
      events: [{ id: 'looked-up-1', type: 'A', data: 1 }],
      expected: { mode: 'none' },
    })
    await link.store.append(acme, request)
    link.proxy.arm({ action: 'cut-response', when: APPEND }, { action: 'cut-response', when: LOOK_UP })
    expect(await link.store.append(acme, request)).toMatchObject({ version: 1, replayed: true })
    expect(link.proxy.faultsUsed).toBe(2)
    await link.close()
  })

  it('that goes silent is given up, and the append is found', async () => {
    // Long enough for an append on a new connection of a busy machine: only the silent one may run out of it.
    const link = await proxied({ queryTimeoutMs: 3_000 })
    link.proxy.arm({ action: 'half-open', when: APPEND })
    expect(await link.store.append(acme, appendOf('silent'))).toMatchObject({ version: 1, replayed: true })
    expect(await storedVersions('silent')).toEqual([1])
    await link.close()
  })

  it('that is slow is no fault', async () => {
    const link = await proxied()
    link.proxy.arm({ action: 'delay', when: APPEND, delayMs: 100 })
    expect(await link.store.append(acme, appendOf('slow'))).toMatchObject({ version: 1, replayed: false })
    await link.close()
  })

  it('that is cut under many appends to one stream leaves versions without a gap', async () => {
    const link = await proxied()
    const stores = await Promise.all(Array.from({ length: 4 }, () => proxied()))
    const random = seededRandom(3)
    const results = await Promise.all(
      stores.map(async (each) => {
        const versions: number[] = []
        for (let nth = 0; nth < 15; nth += 1) {
          if (nth % 5 === 0) await each.renew()
          if (random() < 0.5) each.proxy.arm({ action: 'cut-response', when: APPEND })
          versions.push(
            (
              await each.store.append(
                acme,
                appendOf('contended', { events: [{ id: randomUUID(), type: 'A', data: 1 }] }),
              )
            ).version,
          )
        }
        return versions
      }),
    )
    const versions = results.flat().sort((a, b) => a - b)
    expect(versions).toEqual(Array.from({ length: 60 }, (_, index) => index + 1))
    expect(await storedVersions('contended')).toEqual(versions)
    await Promise.all([link, ...stores].map((each) => each.close()))
  })
})
