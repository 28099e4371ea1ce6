import type { PartResult } from '../report/index.ts'
import type { PeersOptions } from './options.ts'
import { MARTEN_VERSION, peerPackages } from './tools/index.ts'
import type { PeerTools } from './tools/index.ts'

const names = {
  emmett: 'emmett',
  messageDb: 'message-db',
  pgbench: 'pgbench',
  marten: 'Marten',
  wrk: 'wrk',
} as const

/** Which defaults each tool runs with, and which of our features it does not have. */
export function toolNotes({ tools, mode, connections, roundTripMs }: PeersOptions): string[] {
  return [
    roundTripMs === 0
      ? 'client and server on one machine: a round trip costs next to nothing here, so a tool that makes three pays less for them than it would elsewhere (--round-trip-ms)'
      : `each round trip takes ${roundTripMs} ms longer than on loopback, by a proxy inside the client's process, whose CPU it adds to`,
    'ours coalesced: the store as the product uses it, appends that come at the same time share transactions; ours direct: each append a transaction of its own',
    `ours and the bare INSERT: ${mode} statements, ${connections} connections, the app's login with its role's time limits; ours also keeps tenants apart by row-level security, stream heads, unique ids, the tenant's status`,
    'bare INSERT: the columns, partitions and indexes of our table, nothing else; the caller makes up the version and nobody checks it',
    ...('place' in tools.emmett
      ? [
          `emmett-postgresql ${peerPackages['@event-driven-io/emmett-postgresql']} with its defaults: a transaction of three statements, values in the SQL text, its migration run before the first turn; a pool of its own pg of the same size, the administrator's login (no row-level security), no tenants, no ids that are unique`,
        ]
      : []),
    ...('place' in tools.messageDb
      ? [
          `message-db ${peerPackages['@eventide/message-db']} with its defaults: one call an event, a category for each caller (streams of one category wait for each other), the administrator's login`,
        ]
      : []),
    ...('place' in tools.marten
      ? [
          `Marten ${MARTEN_VERSION} (.NET 10): conjoined tenancy, string streams, Npgsql with a pool of the same size, the administrator's login (no row-level security), no ids that are unique, its own process; what is metadata of ours is a member of its data`,
        ]
      : []),
    ...('place' in tools.pgbench
      ? [
          `${tools.pgbench.place}: as many connections as callers, no driver and no id made by the client, the bare table and the app's login; a client keeps to one tenant`,
        ]
      : []),
  ]
}

export function skippedTools(tools: PeerTools, used: readonly (keyof PeerTools)[]): PartResult['skipped'] {
  return used.flatMap((key) => {
    const tool = tools[key]
    return 'missing' in tool ? [{ name: names[key], reason: tool.missing }] : []
  })
}
