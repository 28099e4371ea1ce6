import { recordAction } from '../../audit/index.ts'
import type { OperatorAction } from '../../audit/index.ts'
import { TrickleError } from '../../errors/index.ts'
import { columns, text } from '../../postgres/index.ts'
import type { Database, QueryOptions, RowOf, Statement } from '../../postgres/index.ts'
import { PLATFORM_SCOPE, withReceipt } from '../../receipts/index.ts'
import type { Received, ReceiptKey } from '../../receipts/index.ts'
import { utcTimeOf } from '../../time/index.ts'
import { epochColumns, selectEpochs, selectFeedStatus, statusOfRows } from './log-status.ts'
import type { LogEpoch, LogStatus } from './log-status.ts'

/** As many transactions as a person looks through. The oldest come first, and the first one matters most. */
const TRANSACTIONS_MAX = 20

/** To count one event costs the server about a microsecond. An operator need not know how many more there are. */
const EVENTS_MAX = 10_000

export interface StatusOptions extends Pick<QueryOptions, 'deadlineAtMs' | 'signal'> {
  readonly transactionsMax?: number
  readonly eventsMax?: number
}

/**
 * Where a new epoch begins, that is, up to which point consumers need not read again. `end`: the newest event that can
 * be read now. `beginning`: before the first event. `restoredTo` (RFC 3339): events that were recorded at that time or
 * later are new to every consumer.
 */
export type EpochPoint = { readonly from: 'beginning' | 'end' } | { readonly restoredTo: string }

export interface NewEpoch {
  /** 1 to 500 characters. */
  readonly reason: string
  readonly point: EpochPoint
}

/** What an operator can see and do with the log. The database is that of the operator's login. */
export class LogOperations {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** What holds the feed, and the epochs. @throws TrickleError of the DATABASE_ family. */
  async status(options: StatusOptions = {}): Promise<LogStatus> {
    const { transactionsMax = TRANSACTIONS_MAX, eventsMax = EVENTS_MAX, ...limits } = options
    const [row] = await this.#database.query(selectFeedStatus(transactionsMax, eventsMax), {
      isRead: true,
      ...limits,
    })
    const epochs = await this.#database.query(selectEpochs, { isRead: true, ...limits })
    return statusOfRows(row, epochs, eventsMax)
  }

  /**
   * Begins a new epoch: from now on every feed cursor, consistency token and subscription of earlier ones is refused.
   * @throws TrickleError LOG_AHEAD_OF_SERVER, IDEMPOTENCY_KEY_REUSED, the DATABASE_ family.
   */
  async beginEpoch(
    { reason, point }: NewEpoch,
    idempotency: ReceiptKey | null = null,
    action?: OperatorAction,
  ): Promise<Received<LogEpoch>> {
    return withReceipt(this.#database, {
      scope: PLATFORM_SCOPE,
      idempotency,
      status: 201,
      work: async (run) => {
        const [status] = await run(selectFeedStatus(0, 1))
        if (status?.isAhead === true) throw aheadOfServer()
        const [at] = await run(selectEpochPoint(point))
        const [epoch] = await run(beginEpoch(reason, at?.xid ?? '0', at?.position ?? '0'))
        if (epoch === undefined) throw new TrickleError('INTERNAL', 'The log has begun no epoch.')
        const detail = 'from' in point ? `from the ${point.from}` : `restored to ${point.restoredTo}`
        await recordAction(run, action, { target: epoch.epoch, detail })
        return epoch
      },
    })
  }
}

const aheadOfServer = (): TrickleError =>
  new TrickleError(
    'LOG_AHEAD_OF_SERVER',
    'The log holds events with higher transaction ids than this server has come to, so it was moved here by a dump. Nothing above them can be read in order: move the database physically, or raise the transaction id of the server first.',
  )

const pointColumns = columns({ xid: text, position: text })

const selectEpochPoint = (point: EpochPoint): Statement<RowOf<typeof pointColumns>> => ({
  name: 'select_epoch_point',
  text: `select ${pointColumns.of('p')} from trickle_events_log.epoch_point($1, $2) p`,
  columns: pointColumns,
  values: 'from' in point ? [point.from, null] : [null, utcTimeOf(point.restoredTo, 'restoredTo')],
})

const beginEpoch = (reason: string, xid: string, position: string): Statement<LogEpoch> => ({
  name: 'begin_epoch',
  text: `select ${epochColumns.of('e')} from trickle_events_log.begin_epoch($1, $2, $3) e`,
  columns: epochColumns,
  values: [reason, xid, position],
})
