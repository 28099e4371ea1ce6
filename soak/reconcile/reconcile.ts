import { join } from 'node:path'
import { connectAdmin } from '../faults/index.ts'
import { EVENT_TYPES, tenantSlug } from '../plan/index.ts'
import type { StreamSpace } from '../plan/index.ts'
import { logOf } from '../readers/index.ts'
import type { ReaderPlan } from '../readers/index.ts'
import { Breaches } from './breaches.ts'
import { CommandBook } from './command-book.ts'
import { checkHeads, checkReceipts, findMemberStreams } from './streams-and-receipts.ts'
import { checkDomainRows } from './domain-rows.ts'
import { Reference } from './reader-checks.ts'
import type { ReaderFindings } from './reader-checks.ts'
import { scanLog } from './table-scan.ts'
import { judgeCommands } from './verdicts.ts'
import type { CommandCounts } from './verdicts.ts'

export interface ReconcileOptions {
  readonly adminUrl: string
  readonly space: StreamSpace
  readonly ledgerFiles: readonly string[]
  readonly readers: readonly ReaderPlan[]
  /** Holds the readers' logs. The reference is written here, too. */
  readonly folder: string
}

export interface Reconciliation {
  readonly events: number
  readonly streams: number
  readonly receipts: number
  /** Events that were written in one transaction with a row of a domain. */
  readonly eventsWithRows: number
  readonly commands: CommandCounts
  readonly readers: readonly ReaderFindings[]
  readonly breaches: ReturnType<Breaches['list']>
}

/** Compares the ledgers, the log and what the readers saw, after all processes have ended. */
export async function reconcile(options: ReconcileOptions): Promise<Reconciliation> {
  const { adminUrl, space, ledgerFiles, folder } = options
  const breaches = new Breaches()
  const book = await CommandBook.read(ledgerFiles, breaches)
  const admin = await connectAdmin(adminUrl)
  try {
    const { rows } = await admin.query<{ tenant_id: string; slug: string }>(
      'select t.tenant_id, t.slug from trickle_tenants_state.tenants t',
    )
    const slugs = Array.from({ length: space.tenants }, (_, tenant) => tenantSlug(tenant))
    const tenants = new Map(rows.map((row) => [row.tenant_id, slugs.indexOf(row.slug)]))
    const log = await scanLog(admin, space, tenants, EVENT_TYPES, book, join(folder, 'reference'), breaches)
    const commands = judgeCommands(book, space, log.versions, breaches)
    await checkHeads(admin, space, tenants, log.versions, breaches)
    const receipts = await checkReceipts(admin, book, breaches)
    const eventsWithRows = await checkDomainRows(admin, breaches)
    const reference = new Reference(space, EVENT_TYPES, log, await findMemberStreams(admin, space, tenants))
    const readers = options.readers.map(({ name, scope }, index) =>
      reference.check(name, scope, logOf(folder, index), breaches),
    )
    const streams = log.versions.reduce((count, version) => (version > 0 ? count + 1 : count), 0)
    return {
      events: log.events,
      streams,
      receipts,
      eventsWithRows,
      commands,
      readers,
      breaches: breaches.list(),
    }
  } finally {
    await admin.end()
  }
}
