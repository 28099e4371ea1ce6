import { TrickleError } from '../../errors/index.ts'
import { timestampOfText, type Row, type Statement } from '../../postgres/index.ts'

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

/** One life of the log. */
export interface LogEpoch {
  readonly epoch: string
  /** 1 for the first. */
  readonly ordinal: number
  readonly beganAt: string
  readonly reason: string
  /** What was read up to here, in earlier epochs, still holds. */
  readonly beganXid: string
  readonly beganPosition: string
}

export interface LogHorizon {
  /** Events of transactions with lower ids can be read. */
  readonly xid: string
  readonly isHeld: boolean
  /** For how long its holder runs; 0 when nothing holds it, null when this login may not see that. */
  readonly ageSeconds: number | null
  /** False: the operator's login lacks pg_read_all_stats, so states and times of other sessions are null. */
  readonly seesSessions: boolean
}

/** The log at one look. */
export interface LogStatus {
  readonly lookedAt: string
  readonly horizon: LogHorizon
  /** What holds the feed, oldest first; the first one stops the horizon. Capped; `holderCount` is not. */
  readonly holders: readonly RunningTransaction[]
  readonly holderCount: number
  /** What runs and holds nothing, capped. */
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

export const selectFeedStatus = (transactionsMax: number, eventsMax: number): Statement => ({
  name: 'select_feed_status',
  text: `select f.looked_at, f.horizon, f.is_held::text,
      case when f.held_since is not null then greatest(extract(epoch from f.looked_at - f.held_since), 0) end, f.sees_sessions::text, f.holder_count, f.holders, f.bystander_count, f.bystanders, f.behind_count, f.behind_since,
      f.head_xid, f.head_position, f.head_recorded_at, f.is_ahead::text
    from trickle_events_log.feed_status($1, $2) f`,
  values: [transactionsMax, eventsMax],
})

/** Columns of an epoch, as `epochOfRow` reads them. */
export const EPOCH_COLUMNS = 'e.epoch, e.ordinal, e.began_at, e.reason, e.began_xid, e.began_position'

export const selectEpochs: Statement = {
  name: 'select_epochs',
  text: `select ${EPOCH_COLUMNS} from trickle_events_log.epochs e order by e.ordinal desc limit ${EPOCHS_MAX}`,
  values: [],
}

export function epochOfRow(row: Row | undefined): LogEpoch {
  if (row === undefined) throw new TrickleError('INTERNAL', 'The log has no epoch.')
  const [epoch, ordinal, beganAt, reason, beganXid, beganPosition] = row
  return {
    epoch: epoch ?? '',
    ordinal: Number(ordinal),
    beganAt: timestampOfText(beganAt ?? ''),
    reason: reason ?? '',
    beganXid: beganXid ?? '0',
    beganPosition: beganPosition ?? '0',
  }
}

/** The answer of `selectFeedStatus` and `selectEpochs`. */
export function statusOfRows(row: Row | undefined, epochs: readonly Row[], eventsMax: number): LogStatus {
  if (row === undefined) throw new TrickleError('INTERNAL', 'The log has no status.')
  const [lookedAt, xid, isHeld, heldSeconds, seesSessions, holderCount, holders, ...more] = row
  const [bystanderCount, bystanders, behindCount, behindSince, headXid, headPosition, headAt, isAhead] = more
  const [epoch, ...earlier] = epochs.map(epochOfRow)
  const seconds = heldSeconds === null || heldSeconds === undefined ? null : Number(heldSeconds)
  const hasHead = headXid !== null && headXid !== undefined
  return {
    lookedAt: timestampOfText(lookedAt ?? ''),
    horizon: {
      xid: xid ?? '',
      isHeld: isHeld === 'true',
      ageSeconds: isHeld === 'true' ? seconds : 0,
      seesSessions: seesSessions === 'true',
    },
    holders: transactionsOf(holders),
    holderCount: Number(holderCount),
    bystanders: transactionsOf(bystanders),
    bystanderCount: Number(bystanderCount),
    eventsBehind: {
      count: Number(behindCount),
      isLowerBound: Number(behindCount) >= eventsMax,
      oldestRecordedAt:
        behindSince === null || behindSince === undefined ? null : timestampOfText(behindSince),
    },
    head: hasHead
      ? { xid: headXid, position: headPosition ?? '0', recordedAt: timestampOfText(headAt ?? '') }
      : null,
    isAheadOfServer: isAhead === 'true',
    epoch: epoch ?? epochOfRow(undefined),
    earlierEpochs: earlier,
  }
}

const transactionsOf = (json: string | null | undefined): RunningTransaction[] =>
  JSON.parse(json ?? '[]') as RunningTransaction[]
