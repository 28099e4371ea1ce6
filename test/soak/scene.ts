import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client } from 'pg'
import { PostgresEventStore } from '../../shared/event-store/index.ts'
import { Ledger } from '../../soak/ledger/index.ts'
import type { LedgerEntry } from '../../soak/ledger/index.ts'
import { ANY, streamNumber, tenantSlug } from '../../soak/plan/index.ts'
import type { Command, StreamSpace } from '../../soak/plan/index.ts'
import { logOf, SeenLog } from '../../soak/readers/index.ts'
import type { ReaderPlan } from '../../soak/readers/index.ts'
import { reconcile } from '../../soak/reconcile/index.ts'
import type { BreachKind, Reconciliation } from '../../soak/reconcile/index.ts'
import { DOMAIN_TABLE, DomainAppender, send } from '../../soak/writers/index.ts'
import { createDatabase } from '../support/database.ts'

const space: StreamSpace = { tenants: 2, streamsPerTenant: 10, hotPerTenant: 6 }

const plain = { conditions: [], identity: 'none', way: 'store', fillerBytes: 10 } as const

/** Three appends that are written, and one that is refused. */
export const commands = {
  opened: {
    ...plain,
    id: '0-0',
    tenant: 0,
    writes: [{ stream: 0, expected: 0, events: 2 }],
    identity: 'ids',
  },
  keyed: { ...plain, id: '0-1', tenant: 0, writes: [{ stream: 0, expected: 2, events: 1 }], identity: 'key' },
  several: {
    ...plain,
    id: '0-2',
    tenant: 1,
    writes: [
      { stream: 1, expected: ANY, events: 2 },
      { stream: 2, expected: ANY, events: 1 },
    ],
    conditions: [{ stream: 3, expected: 0 }],
  },
  refused: { ...plain, id: '0-3', tenant: 0, writes: [{ stream: 0, expected: 1, events: 1 }] },
} as const satisfies Record<string, Command>

/** What a reader of all tenants sees: tenant, stream and version of each event, in the order of the log. */
export const SEEN: readonly (readonly [number, number, number])[] = [
  [0, 0, 1],
  [0, 0, 2],
  [0, 0, 3],
  [1, 1, 1],
  [1, 1, 2],
  [1, 2, 1],
]

/** What the ledger says when all went well. */
export const truth: readonly LedgerEntry[] = [
  ['sent', commands.opened],
  ['answered', '0-0', [1], true],
  ['sent', commands.keyed],
  ['answered', '0-1', [3], true],
  ['sent', commands.several],
  ['answered', '0-2', [1, 1], true],
  ['sent', commands.refused],
  ['refused', '0-3'],
]

export interface Scene {
  /** Instead of the truth. */
  readonly ledger?: readonly LedgerEntry[]
  readonly seen?: typeof SEEN
  readonly reader?: Partial<ReaderPlan>
  /** Done to the log after the appends. */
  readonly tamper?: (admin: Client) => Promise<unknown>
}

export interface SceneStage {
  play(scene: Scene): Promise<Reconciliation>
  close(): Promise<void>
}

/** One database and folder for all scenes of a file; each begins with an empty log. */
export async function openStage(): Promise<SceneStage> {
  const database = await createDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'trickle-soak-scene-'))
  const tenants = [await database.tenant(tenantSlug(0)), await database.tenant(tenantSlug(1))] as const
  const pool = database.pool('trickle_app')
  const store = new PostgresEventStore(pool)
  const domain = new DomainAppender(pool)
  const admin = await database.client('admin')
  await admin.query(DOMAIN_TABLE)
  return {
    /** Writes the appends, lays ledger and reader's log beside them, and reconciles. */
    async play({ ledger = truth, seen = SEEN, reader = {}, tamper }) {
      for (const table of TABLES) await admin.query(`delete from ${table}`)
      await send(store, space, tenants[0], commands.opened)
      await send(store, space, tenants[0], commands.keyed)
      await send(domain, space, tenants[1], commands.several)
      await tamper?.(admin)
      const ledgerFile = join(folder, 'ledger')
      await rm(ledgerFile, { force: true })
      const written = new Ledger(ledgerFile)
      for (const entry of ledger) written.write(entry)
      written.close()
      await rm(logOf(folder, 0), { force: true })
      const log = new SeenLog(logOf(folder, 0))
      log.add(
        seen.map(([tenant, stream, version]) => ({ stream: streamNumber(space, tenant, stream), version })),
      )
      log.close()
      const readers = [{ ...readerPlan, ...reader }]
      return reconcile({ adminUrl: database.adminUrl, space, ledgerFiles: [ledgerFile], readers, folder })
    },
    async close() {
      await database.drop()
      await rm(folder, { recursive: true })
    },
  }
}

const TABLES = [
  'trickle_events_log.events',
  'trickle_events_log.streams',
  'trickle_commands_log.receipts',
  'soak_domain.streams',
]
const readerPlan: ReaderPlan = {
  name: 'all',
  scope: { tenant: null, types: null, isOfMember: false },
  pageMax: 10,
  connections: 1,
  restarts: false,
}

export const kindsOf = ({ breaches }: Reconciliation): BreachKind[] => breaches.map(({ kind }) => kind).sort()
