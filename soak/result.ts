import type { FaultAction } from '../packages/tcp-proxy/index.ts'
import type { ForeignCounts } from './faults/index.ts'
import type { SoakOptions } from './options.ts'
import type { ReaderState } from './readers/index.ts'
import type { Reconciliation } from './reconcile/index.ts'

/** The faults that happened during a run. */
export interface RunFaults {
  /** For each login. */
  readonly backendsKilled: Readonly<Record<string, number>>
  readonly writersKilled: number
  readonly connections: Readonly<Record<FaultAction, number>>
  /** Prepared transactions that killed writers left and the janitor rolled back. */
  readonly preparedRolledBack: number
  readonly foreign: ForeignCounts
  readonly readers: readonly ReaderState[]
  readonly deadlocks: number
}

export interface SoakResult extends Reconciliation {
  readonly options: SoakOptions
  readonly startedAt: string
  /** Folder of the ledgers and the readers' logs; null when nothing was found, since it is then removed. */
  readonly keptFolder: string | null
  /** From the start until the last writer had ended, and until the last reader had ended. */
  readonly writtenMs: number
  readonly caughtUpMs: number
  readonly faults: RunFaults
}

export const totalBreaches = ({ breaches }: Pick<Reconciliation, 'breaches'>): number =>
  breaches.reduce((sum, { count }) => sum + count, 0)
