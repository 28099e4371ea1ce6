import type { z } from 'zod'
import type { epochSchema, logStatusSchema } from '../../functions/operations/schemas.ts'
import { renderTable } from '../frame/index.ts'
import { countText, plural, secondsText } from './words.ts'

export type LogStatus = z.output<typeof logStatusSchema>
type Transaction = LogStatus['holders'][number]

export const epochLine = ({ epoch, ordinal, beganAt, reason }: z.output<typeof epochSchema>): string =>
  `${epoch} (number ${ordinal}, since ${beganAt}: ${reason})`

/** The whole status. */
export function logText(status: LogStatus): string {
  const { head, epoch, earlierEpochs, horizon } = status
  return [
    feedLine(status),
    behindLine(status),
    `Head     ${head === null ? 'no event can be read' : `${head.xid}:${head.position}, recorded ${head.recordedAt}`}`,
    `Epoch    ${epochLine(epoch)}`,
    ...earlierEpochs.map((earlier) => `earlier  ${epochLine(earlier)}`),
    ...(status.isAheadOfServer
      ? [
          'The log holds transaction ids that this server has not come to: see docs/operations.md, "Failure modes".',
        ]
      : []),
    ...section('Holding the feed', status.holders, status.holderCount),
    ...section('Running, and holding nothing', status.bystanders, status.bystanderCount),
    ...(horizon.seesSessions || status.holderCount + status.bystanderCount === 0
      ? []
      : ['(What these sessions do is hidden: the operator login lacks pg_read_all_stats.)']),
  ].join('\n')
}

function feedLine({ horizon, holders, holderCount }: LogStatus): string {
  if (!horizon.isHeld) return 'Feed     flows; nothing holds it'
  const age = horizon.ageSeconds === null ? '' : ` for ${secondsText(horizon.ageSeconds)}`
  const [first] = holders
  const more = holderCount > 1 ? `, and ${holderCount - 1} more` : ''
  return `Feed     held${age} by ${first === undefined ? plural(holderCount, 'transaction') : `${whoOf(first)}${more}`}`
}

/** Describes a transaction so that an operator can find it. */
function whoOf({ pid, login, database, application, state, preparedAs }: Transaction): string {
  const process =
    preparedAs === null
      ? pid === null
        ? 'an unknown process'
        : `process ${pid}`
      : `prepared as '${preparedAs}'`
  const facts = [login, database === null ? null : `in ${database}`, application, state]
  return `${process} (${facts.filter((fact) => fact !== null && fact !== '').join(', ')})`
}

function behindLine({ eventsBehind: { count, isLowerBound, oldestRecordedAt }, horizon }: LogStatus): string {
  if (count === 0) return `Horizon  ${horizon.xid}`
  const since = oldestRecordedAt === null ? '' : `, the oldest since ${oldestRecordedAt}`
  return `Horizon  ${horizon.xid}; events that wait for it: ${countText(count, isLowerBound)}${since}`
}

const section = (title: string, transactions: readonly Transaction[], total: number): string[] =>
  total === 0
    ? []
    : [
        '',
        `${title}${total > transactions.length ? ` (the oldest ${transactions.length} of ${total})` : ''}:`,
        transactionTable(transactions),
      ]

const transactionTable = (transactions: readonly Transaction[]): string =>
  renderTable(
    ['xid', 'kind', 'pid', 'login', 'database', 'application', 'state', 'since', 'prepared as'],
    transactions.map((line) => [
      line.xid,
      line.kind,
      line.pid,
      line.login,
      line.database,
      line.application,
      line.state,
      line.since,
      line.preparedAs,
    ]),
  )
