import { Query } from 'pg'
import type { Connection, PoolClient, QueryArrayConfig } from 'pg'
import { TrickleError } from '../errors/index.ts'
import type { Answer } from './columns.ts'
import type { Statement } from './statement.ts'
import type { SentStatement } from './statement-names.ts'
import { assertCommitted } from './transactions.ts'

/** The driver's result of one statement. */
interface StatementResult extends Answer {
  readonly command: string
}

/** What the driver is asked, and the statement's name also where the server does not prepare it. */
interface LabelledQuery extends QueryArrayConfig {
  readonly label: string
}

/**
 * Sends a statement. A value that can't be sent, such as an object with a bigint in it, throws at once and not only with
 * the answer: what would follow in the same trip, COMMIT above all, must then stay unsent.
 * @param sent its text and, where the server prepares it, the name.
 * @throws TrickleError INTERNAL for such a value. A refusal of the server rejects the answer with the driver's error.
 */
export function sendStatement(
  client: PoolClient,
  statement: Statement,
  sent: SentStatement,
): Promise<Answer> {
  return send<StatementResult>(client, configOf(statement, sent), (query) => query)
}

/**
 * Sends a statement and COMMIT with one Sync message after both. With a Sync after each, as the driver does for two
 * queries, the server sends the answer of the statement before it reads COMMIT: a system call, and a client that wakes up
 * and may take the processor, while the transaction holds the feed. When the statement fails, the server skips COMMIT,
 * and the transaction is left to be rolled back.
 * Source: PostgreSQL, Frontend/Backend Protocol, "Pipelining".
 * @throws as `sendStatement`.
 */
export function sendAndCommit(
  client: PoolClient,
  statement: Statement,
  sent: SentStatement,
): Promise<Answer> {
  // The driver sends a statement without values as a simple query otherwise, which has no Sync.
  const config = { ...configOf(statement, sent), queryMode: 'extended' }
  // The driver gives an array where a query had several statements.
  type Results = readonly [StatementResult, StatementResult]
  return send<Results>(client, config, endingWithCommit).then(([answer, commit]) => {
    assertCommitted(commit.command)
    return answer
  })
}

const configOf = ({ name, values }: Statement, sent: SentStatement): LabelledQuery => ({
  ...sent,
  label: name,
  values: [...values],
  rowMode: 'array',
})

function send<Results>(
  client: PoolClient,
  query: LabelledQuery,
  adapt: (query: Query) => Query,
): Promise<Results> {
  let unsent: Error | undefined
  let isBeingSent = true
  const answer = new Promise<Results>((resolve, reject) => {
    const callback = (error: Error | null | undefined, results: Results): void => {
      if (!error) return resolve(results)
      if (isBeingSent) unsent = error
      reject(error)
    }
    const config: QueryArrayConfig & { callback: typeof callback } = { ...query, callback }
    client.query(adapt(new Query(config)))
  })
  isBeingSent = false
  if (unsent === undefined) return answer
  // Rejected with the same error, which is thrown here instead.
  answer.catch(() => {})
  throw new TrickleError(
    'INTERNAL',
    `A value of the statement "${query.label}" can't be sent to the database.`,
    {
      cause: unsent,
    },
  )
}

/** The same query, which sends COMMIT before its Sync. */
function endingWithCommit(query: Query): Query {
  const submit = query.submit.bind(query)
  query.submit = (connection) => submit(withCommitBeforeSync(connection))
  return query
}

/** The connection as the query sees it while it is sent. */
function withCommitBeforeSync(connection: Connection): Connection {
  let isExecuted = false
  const execute: Connection['execute'] = (config, more) => {
    isExecuted = true
    connection.execute(config, more)
  }
  const sync = (): void => {
    // The driver also sends Sync in place of a statement that can't be sent.
    if (isExecuted) {
      connection.parse({ name: '', text: 'commit', types: [] }, true)
      connection.bind({}, true)
      connection.execute({}, true)
    }
    connection.sync()
  }
  return Object.create(connection, { execute: { value: execute }, sync: { value: sync } }) as Connection
}
