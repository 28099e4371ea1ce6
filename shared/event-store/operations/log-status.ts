import { TrickleError } from '../../errors/index.ts'
import {
  boolean,
  columns,
  float,
  integer,
  json,
  orElse,
  orNull,
  text,
  timestamp,
} from '../../postgres/index.ts'
import type { RowOf, Statement } from '../../postgres/index.ts'

/** A running transaction that has an id. What its session does is null where this login may not see it. */
export interface RunningTransaction {
  readonly xid: string
  /** appender: it writes to this log. unproven: nothing shows yet what it is. Both hold the feed; foreign does not. */
  readonly kind: 'appender' | 'unproven' | 'foreign'
  /** Null for a prepared transaction, which has no process. */
  readonly pid: number | null
  readonly login: string | null
  readonly application: string | null
  readonly database: string | null
  /** As pg_stat_activity says it, or 'prepared'. */
  readonly state: string | null
  /** When the transaction began, or was prepared. */
  readonly since: string | null
  /** The name by which a prepared transaction is committed or rolled back. */
  readonly preparedAs: string | null
}

export const epochColumns = columns({
  epoch: text,
  /** 1 for the first. */
  ordinal: integer,
  beganAt: timestamp,
  reason: text,
  /** What was read up to this point in earlier epochs is still in the log. */
  beganXid: text,
  beganPosition: text,
})

/** One life of the log. */
export type LogEpoch = RowOf<typeof epochColumns>

export interface LogHorizon {
  /** Events of transactions with lower ids can be read. */
  readonly xid: string
  readonly isHeld: boolean
  /** For how long its holder has been running; 0 when nothing holds it, null when this login may not see that. */
  readonly ageSeconds: number | null
  /** False: the operator's login lacks pg_read_all_stats, so states and times of other sessions are null. */
  readonly seesSessions: boolean
}

/** The state of the log at one moment. */
export interface LogStatus {
  readonly lookedAt: string
  readonly horizon: LogHorizon
  /** Transactions that hold the feed, oldest first; the horizon stops at the first. Limited, `holderCount` is not. */
  readonly holders: readonly RunningTransaction[]
  readonly holderCount: number
  /** Transactions that run and hold nothing; limited. */
  readonly bystanders: readonly RunningTransaction[]
  readonly bystanderCount: number
  /** Committed events that can't be read yet. */
  readonly eventsBehind: {
    readonly count: number
    readonly isLowerBound: boolean
    readonly oldestRecordedAt: string | null
  }
  /** The newest event that can be read. */
  readonly head: { readonly xid: string; readonly position: string; readonly recordedAt: string } | null
  /** True: the log was moved here by a dump, from a server whose transaction ids had come further. */
  readonly isAheadOfServer: boolean
  readonly epoch: LogEpoch
  /** Newest first, at most 99. */
  readonly earlierEpochs: readonly LogEpoch[]
}

/** More epochs than a log that is restored every month has in eight years. */
const EPOCHS_MAX = 100

const feedStatusColumns = columns({
  lookedAt: timestamp,
  horizon: text,
  isHeld: boolean,
  heldSeconds: orNull(float),
  seesSessions: boolean,
  holderCount: integer,
  holders: orElse(json<readonly RunningTransaction[]>(), []),
  bystanderCount: integer,
  bystanders: orElse(json<readonly RunningTransaction[]>(), []),
  behindCount: integer,
  behindSince: orNull(timestamp),
  headXid: orNull(text),
  headPosition: orNull(text),
  headRecordedAt: orNull(timestamp),
  isAhead: boolean,
})

export const selectFeedStatus = (
  transactionsMax: number,
  eventsMax: number,
): Statement<RowOf<typeof feedStatusColumns>> => ({
  name: 'select_feed_status',
  text: `select f.looked_at, f.horizon, f.is_held,
      case when f.held_since is not null then greatest(extract(epoch from f.looked_at - f.held_since), 0) end as held_seconds,
      f.sees_sessions, f.holder_count, f.holders, f.bystander_count, f.bystanders, f.behind_count, f.behind_since,
      f.head_xid, f.head_position, f.head_recorded_at, f.is_ahead
    from trickle_events_log.feed_status($1, $2) f`,
  columns: feedStatusColumns,
  values: [transactionsMax, eventsMax],
})

export const selectEpochs: Statement<LogEpoch> = {
  name: 'select_epochs',
  text: `select ${epochColumns.of('e')} from trickle_events_log.epochs e order by e.ordinal desc limit ${EPOCHS_MAX}`,
  columns: epochColumns,
  values: [],
}

/** The answer of `selectFeedStatus` and `selectEpochs`. */
export function statusOfRows(
  row: RowOf<typeof feedStatusColumns> | undefined,
  [epoch, ...earlierEpochs]: readonly LogEpoch[],
  eventsMax: number,
): LogStatus {
  if (row === undefined) throw new TrickleError('INTERNAL', 'The log has no status.')
  if (epoch === undefined) throw new TrickleError('INTERNAL', 'The log has no epoch.')
  const { isHeld, behindCount, headXid, headPosition, headRecordedAt } = row
  const hasHead = headXid !== null && headPosition !== null && headRecordedAt !== null
  return {
    lookedAt: row.lookedAt,
    horizon: {
      xid: row.horizon,
      isHeld,
      ageSeconds: isHeld ? row.heldSeconds : 0,
      seesSessions: row.seesSessions,
    },
    holders: row.holders,
    holderCount: row.holderCount,
    bystanders: row.bystanders,
    bystanderCount: row.bystanderCount,
    eventsBehind: {
      count: behindCount,
      isLowerBound: behindCount >= eventsMax,
      oldestRecordedAt: row.behindSince,
    },
    head: hasHead ? { xid: headXid, position: headPosition, recordedAt: headRecordedAt } : null,
    isAheadOfServer: row.isAhead,
    epoch,
    earlierEpochs,
  }
}
