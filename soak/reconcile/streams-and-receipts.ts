import type { Client } from 'pg'
import { streamNumberOfName, streamsOfAll } from '../plan/index.ts'
import type { StreamSpace } from '../plan/index.ts'
import type { Breaches } from './breaches.ts'
import type { CommandBook, CommandRecord } from './command-book.ts'

/** Every stream's head must name the version of its last event, and every stream with events must have a head. */
export async function checkHeads(
  admin: Client,
  space: StreamSpace,
  tenants: ReadonlyMap<string, number>,
  versions: Int32Array,
  breaches: Breaches,
): Promise<void> {
  let heads = 0
  await forEachRow(
    admin,
    'select s.tenant_id, s.stream_id, s.version from trickle_events_log.streams s',
    (row) => {
      heads += 1
      const last =
        versions[streamNumberOfName(space, tenants.get(row['tenant_id'] ?? '') ?? -1, row['stream_id'] ?? '')]
      if (last !== Number(row['version'])) {
        breaches.add(
          'head-differs',
          `${row['stream_id']} is at ${row['version']}, its last event at ${last ?? 0}`,
        )
      }
    },
  )
  const streams = versions.reduce((count, version) => (version > 0 ? count + 1 : count), 0)
  if (heads !== streams) breaches.add('head-differs', `${streams} streams have events, ${heads} have a head`)
}

const FETCH_ROWS = 5_000

async function forEachRow(
  admin: Client,
  query: string,
  take: (row: Readonly<Record<string, string>>) => void,
): Promise<void> {
  await admin.query('begin')
  await admin.query(`declare rows_of_interest no scroll cursor for ${query}`)
  for (;;) {
    const { rows } = await admin.query<Record<string, string>>(`fetch ${FETCH_ROWS} from rows_of_interest`)
    if (rows.length === 0) break
    for (const row of rows) take(row)
  }
  await admin.query('commit')
}

/** Sets 1 at the number of each stream that belongs to the first member of a subscription with two members. */
export async function findMemberStreams(
  admin: Client,
  space: StreamSpace,
  tenants: ReadonlyMap<string, number>,
): Promise<Uint8Array> {
  const isOfMember = new Uint8Array(streamsOfAll(space))
  await forEachRow(
    admin,
    `select s.tenant_id, s.stream_id from trickle_events_log.streams s
      where trickle_events_log.part_of(s.tenant_id, s.stream_id, 2) = 0`,
    (row) => {
      isOfMember[
        streamNumberOfName(space, tenants.get(row['tenant_id'] ?? '') ?? -1, row['stream_id'] ?? '')
      ] = 1
    },
  )
  return isOfMember
}

/** An append with a key must have a receipt if it is in the log, and none if it is not. */
export async function checkReceipts(admin: Client, book: CommandBook, breaches: Breaches): Promise<number> {
  const hasKey = ({ identity }: CommandRecord): boolean => identity === 'key' || identity === 'both'
  let receipts = 0
  await forEachRow(admin, 'select r.key from trickle_commands_log.receipts r', ({ key = '' }) => {
    receipts += 1
    const command = book.find(key.replace(/^key-/, ''))
    if (command === undefined || !hasKey(command) || command.seen === 0) breaches.add('receipt-differs', key)
  })
  let keyed = 0
  for (const command of book.all()) if (hasKey(command) && command.seen !== 0) keyed += 1
  if (receipts !== keyed) {
    breaches.add('receipt-differs', `${keyed} appends with a key are in the log, and ${receipts} receipts`)
  }
  return receipts
}
