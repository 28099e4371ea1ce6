import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { codeOf } from '../../shared/postgres/index.ts'
import { eventsOf, streamName } from '../plan/index.ts'
import type { Command, Random } from '../plan/index.ts'
import type { Desk, Outcome } from './attempt.ts'

/** How a slow transaction ends. */
type Ending = 'commit' | 'rollback' | 'savepoint' | 'commit-prepared' | 'rollback-prepared'

const ENDINGS: readonly (readonly [Ending, number])[] = [
  ['commit', 45],
  ['rollback', 20],
  ['savepoint', 10],
  ['commit-prepared', 15],
  ['rollback-prepared', 10],
]

/** Begins the name of each prepared transaction here. The janitor finds by it those whose writer was killed. */
export const PREPARED_PREFIX = 'soak-'

/** Longer than other appends take, so that they overtake it. Below the app's limit for an idle transaction (5 s). */
const SHORT_PAUSE_MS = 30
const LONG_PAUSE_MS = 400
const SHARE_LONG = 0.05

/** Takes the locks like the log's lock_streams, which no login may call: each key once, in the order of the keys. */
const ANNOUNCE = `select pg_advisory_xact_lock(trickle_events_log.lock_class(), k.key)
  from (select distinct trickle_events_log.lock_key($1, s) as key from unnest($2::text[]) as s order by 1) k`
const APPEND =
  'select a.outcome, a.versions from trickle_events_log.append($1, $2, null, $3, $4, $5, null, null, null, null) a'

interface Appended {
  readonly outcome: string
  readonly versions: string[] | null
}

/**
 * A caller that appends in an explicit transaction with pauses: one between locking its streams and getting a
 * transaction id, one between writing and ending. Other callers commit meanwhile, with a later place in the feed. A
 * feed that shows those too early skips the events of this transaction. Every event has an id, so an unknown outcome
 * can be settled.
 */
export class SlowTransaction {
  readonly #url: string
  readonly #random: Random
  #client: Client | undefined

  constructor(url: string, random: Random) {
    this.#url = url
    this.#random = random
  }

  async attempt(desk: Desk, command: Command): Promise<Outcome | 'aborted'> {
    const ending = this.#random.pick(ENDINGS)
    let isEnding = false
    try {
      const client = (this.#client ??= await connect(this.#url))
      const { outcome, versions } = await this.#append(client, desk, command, ending)
      if (outcome === 'conflict') {
        await client.query('rollback')
        desk.ledger.write(['refused', command.id])
        return 'refused'
      }
      if (outcome !== 'appended') throw new Error(`the append answered ${outcome}`)
      await this.#pause()
      isEnding = ending === 'commit' || ending === 'commit-prepared'
      await this.#end(client, command, ending)
      if (!isEnding) {
        desk.ledger.write(['aborted', command.id])
        return 'aborted'
      }
      const firsts = command.writes.map(({ events }, index) => Number(versions?.[index]) - events + 1)
      desk.ledger.write(['answered', command.id, firsts, true])
      return 'answered'
    } catch (error) {
      await this.close()
      return noteFailure(desk, command, error, isEnding)
    }
  }

  async close(): Promise<void> {
    const client = this.#client
    this.#client = undefined
    await client?.end().catch(() => {})
  }

  async #append(
    client: Client,
    { space, tenants }: Desk,
    command: Command,
    ending: Ending,
  ): Promise<Appended> {
    const tenantId = tenants[command.tenant]?.tenantId
    const streams = [...command.writes, ...command.conditions]
    const names = streams.map(({ stream }) => streamName(space, stream))
    const events = command.writes.flatMap((_, index) =>
      eventsOf(command, index).map((event) => ({ s: index + 1, ...event })),
    )
    await client.query('begin')
    if (this.#random.chance(0.5)) {
      await client.query(ANNOUNCE, [tenantId, names])
      await this.#pause()
    }
    if (ending === 'savepoint') await client.query('savepoint before_append')
    const values = [
      tenantId,
      names,
      streams.map(({ expected }) => expected),
      command.writes.length,
      JSON.stringify(events),
    ]
    const { rows } = await client.query<Appended>(APPEND, values)
    const [row] = rows
    if (row === undefined) throw new Error('the append returned nothing')
    return row
  }

  async #end(client: Client, command: Command, ending: Ending): Promise<void> {
    const name = `${PREPARED_PREFIX}${command.id}`
    switch (ending) {
      case 'commit':
      case 'rollback':
        await client.query(ending)
        return
      case 'savepoint':
        // This releases the append's locks, but the transaction keeps its transaction id.
        await client.query('rollback to savepoint before_append')
        await this.#pause()
        await client.query('commit')
        return
      case 'commit-prepared':
      case 'rollback-prepared':
        await client.query(`prepare transaction '${name}'`)
        await this.#pause()
        await client.query(`${ending === 'commit-prepared' ? 'commit' : 'rollback'} prepared '${name}'`)
    }
  }

  async #pause(): Promise<void> {
    const longestMs = this.#random.chance(SHARE_LONG) ? LONG_PAUSE_MS : SHORT_PAUSE_MS
    await pause(this.#random.next() * longestMs)
  }
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  return client
}

/** 42704: the janitor rolled the prepared transaction back, since its writer was too late with the end. */
const HARMLESS = /^(57P01|08...|25P0[34]|55P03|55000|57014|42704|53300|)$/

/** If the connection is lost before the end was sent, PostgreSQL certainly rolls the transaction back. */
function noteFailure(
  { ledger }: Desk,
  command: Command,
  error: unknown,
  isEnding: boolean,
): Outcome | 'aborted' {
  const code = codeOf(error)
  const isLost =
    /^E[A-Z]+$/.test(code) || /Connection terminated|not queryable/.test((error as Error).message)
  if (!isLost && (code === '' || !HARMLESS.test(code))) {
    ledger.write(['wrong', command.id, `${code} ${(error as Error).message}`])
    return 'wrong'
  }
  ledger.write([isEnding ? 'unknown' : 'aborted', command.id])
  return isEnding ? 'unknown' : 'aborted'
}
