import type { PoolClient } from 'pg'
import type { Reachability } from './circuit-breaker.ts'
import { clarify } from './classify.ts'
import { Connections } from './connections.ts'
import type { DatabaseOptions } from './connections.ts'
import { databaseError } from './errors.ts'
import { pickTiming, turnOf } from './query-options.ts'
import type { QueryOptions, TransactionOptions } from './query-options.ts'
import { RetryBudget, withRetry } from './retry.ts'
import { sendAndCommit, sendStatement } from './send-statement.ts'
import type { RunStatement, Statement } from './statement.ts'
import { StatementNames } from './statement-names.ts'
import { eachInOneTrip, inOneTrip, inTransaction, inTwoTrips } from './transactions.ts'
import type { Decision, FirstTrip, Session } from './transactions.ts'

/**
 * One pool of one login role. The app's composition makes it at first use; `end` is for shutdown and tests.
 */
export class Database {
  readonly #connections: Connections
  readonly #names: StatementNames
  readonly #budget = new RetryBudget()

  constructor(options: DatabaseOptions) {
    this.#connections = new Connections(options)
    this.#names = new StatementNames(options.statements === 'named', options.onNamesOff ?? (() => {}))
  }

  /**
   * Runs one statement in its own implicit transaction.
   * @returns its rows, as objects with the columns of its list.
   * @throws TrickleError of the DATABASE_ family, OUTCOME_UNKNOWN when any attempt may have written, or the error that
   *   `onError` returned for the driver's error.
   */
  async query<R>(statement: Statement<R>, options: QueryOptions = {}): Promise<R[]> {
    return this.#retrying((client) => this.#run(client, statement), options)
  }

  /**
   * Runs `work` in one explicit transaction. It may run again from its start, so it must do nothing but talk to the
   * database. The transaction ends by COMMIT; any throw rolls back.
   */
  async transaction<T>(
    work: (run: RunStatement) => Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    const begin = options.readOnly === true ? 'begin read only' : 'begin'
    return this.#retrying(
      (client) => inTransaction(this.#session(client), begin, work),
      options.readOnly === true ? { ...options, isRead: true } : options,
    )
  }

  /**
   * One transaction in two round trips: BEGIN is sent together with `first`. `decide` gets the answers, and its writes
   * are sent together with COMMIT. So the transaction never waits for the client between its first write and COMMIT.
   * After a lost connection both run again from the start. So `decide` must have no side effects: it returns its writes
   * as `send`.
   */
  async inTwoTrips<const First extends readonly unknown[], T>(
    first: FirstTrip<First>,
    decide: (found: First) => Promise<Decision<T>>,
    options: QueryOptions = {},
  ): Promise<T> {
    return this.#retrying((client) => inTwoTrips(this.#session(client), first, decide), options)
  }

  /**
   * One transaction in one round trip: it never waits for the client while it is open. Its statements are known before
   * it begins, and their rows are not used.
   */
  async inOneTrip(statements: readonly Statement[], options: QueryOptions = {}): Promise<void> {
    return this.#retrying((client) => inOneTrip(this.#session(client), statements), options)
  }

  /**
   * Many transactions on one connection, each with its own BEGIN and COMMIT, all sent at once: one wait for the server
   * in all. After a lost connection all are sent again, so each must find out by itself whether it was committed.
   * @returns for each transaction null, or the driver's error that undid it. Such a transaction is not tried again.
   */
  async eachInOneTrip(
    transactions: readonly (readonly Statement[])[],
    options: Omit<QueryOptions, 'resolvesAmbiguity' | 'onError'> = {},
  ): Promise<unknown[]> {
    return this.#retrying((client) => eachInOneTrip(this.#session(client), transactions), {
      ...options,
      resolvesAmbiguity: true,
    })
  }

  /** Whether the server answered when it was last asked. */
  get reachability(): Reachability {
    return this.#connections.reachability
  }

  /**
   * Waits until the server can be reached: not at all while it can. All who wait share one probe at a time.
   * @param forMs at the most
   * @returns whether it can be reached
   */
  async whenReachable(forMs: number, signal?: AbortSignal): Promise<boolean> {
    return this.#connections.whenReachable(forMs, signal)
  }

  async end(): Promise<void> {
    await this.#connections.end()
  }

  #session(client: PoolClient): Session {
    let { generation } = this.#names
    return {
      run: (statement) => handled(this.#run(client, statement)),
      runAndCommit: (statement) => handled(this.#run(client, statement, sendAndCommit)),
      command: (text) =>
        handled(this.#connections.marking(client, client.query(text)).then(({ command }) => command)),
      together: (send) => {
        const { stream } = client.connection
        stream.cork()
        try {
          return send()
        } finally {
          stream.uncork()
        }
      },
      renewNames: (error) => {
        this.#names.renew(error, generation)
        generation = this.#names.generation
      },
      hasTransaction: () => this.#connections.isTrusted(client) && client.getTransactionStatus() !== 'I',
    }
  }

  /** Not an async function: a value that can't be sent throws at once, before anything after it is sent. */
  #run<R>(client: PoolClient, statement: Statement<R>, send = sendStatement): Promise<R[]> {
    const sent = this.#names.sentAs(statement)
    try {
      const answer = this.#connections.marking(client, send(client, statement, sent))
      return answer.then((rows) => statement.columns.read(statement.name, rows))
    } catch (error) {
      // The driver has closed the prepared statement on the server, and takes it as prepared still.
      if (sent.name !== undefined) this.#connections.distrust(client)
      throw error
    }
  }

  async #retrying<T>(work: (client: PoolClient) => Promise<T>, options: QueryOptions): Promise<T> {
    const turn = turnOf(options)
    try {
      return await withRetry(
        (attempt) =>
          this.#connections.use(turn, options.signal, (client) => {
            options.onAttempt?.(attempt)
            const { generation } = this.#names
            return work(client).catch((error: unknown) => {
              this.#names.renew(error, generation)
              throw options.isRead === true ? clarify(error, 'before-send') : error
            })
          }),
        {
          budget: this.#budget,
          resolvesAmbiguity: options.resolvesAmbiguity ?? false,
          whenReachable: (forMs, signal) => this.whenReachable(forMs, signal),
          ...pickTiming(options),
        },
      )
    } catch (error) {
      const mapped = options.onError?.(error)
      throw mapped ?? databaseError(error)
    }
  }
}

function handled<T>(answer: Promise<T>): Promise<T> {
  answer.catch(() => {})
  return answer
}
