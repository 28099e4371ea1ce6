import { Pool } from 'pg'
import type { CustomTypesConfig, PoolClient } from 'pg'
import { breaksConnection, clarify, codeOf } from './classify.ts'
import { databaseError } from './errors.ts'
import { loginOf } from './login.ts'
import { RetryBudget, withRetry } from './retry.ts'
import type { RetryOptions } from './retry.ts'
import { sendAndCommit, sendStatement } from './send-statement.ts'
import { poolLimits } from './settings.ts'
import { ConnectionTurns } from './connection-turns.ts'
import type { Turn, Work } from './connection-turns.ts'
import type { RunStatement, Statement } from './statement.ts'
import { StatementNames } from './statement-names.ts'
import { eachInOneTrip, inOneTrip, inTransaction, inTwoTrips } from './transactions.ts'
import type { Decision, FirstTrip, Session } from './transactions.ts'

export interface DatabaseOptions {
  /** postgres://role[:password]@host:port/database */
  readonly url: string
  readonly clientId?: string | undefined
  readonly connectionsMax: number
  /**
   * Named statements are parsed once for each server connection. Behind a pooler that does not keep track of them, the
   * pool changes to unnamed ones by itself.
   */
  readonly statements: 'named' | 'unnamed'
  /** Told once, when names have failed and are off from now on. */
  readonly onNamesOff?: (error: Error) => void
  /** Time to wait for an answer; longer than the login's statement_timeout. Default: `poolLimits.queryTimeoutMs`. */
  readonly queryTimeoutMs?: number
  readonly onIdleError?: (error: Error) => void
}

/** The driver passes on the text that the server sent. The statement's column list turns the text into a value. */
const asSent = (value: unknown): unknown => value
const asText: CustomTypesConfig = { getTypeParser: () => asSent }

/** 28P01 and 28000: the server refused the login. With Entra ID the cached token was mostly revoked or has expired. */
const LOGIN_REFUSED = new Set(['28P01', '28000'])

/**
 * One pool of one login role. The app's composition makes it at first use; `end` is for shutdown and tests.
 */
export class Database {
  readonly #pool: Pool
  readonly #names: StatementNames
  readonly #budget = new RetryBudget()
  readonly #turns: ConnectionTurns
  readonly #dropToken: () => void
  /** Connections that can't be trusted any more. They are destroyed when they are released. */
  readonly #broken = new WeakSet<PoolClient>()

  constructor(options: DatabaseOptions) {
    const login = loginOf(options)
    this.#names = new StatementNames(options.statements === 'named', options.onNamesOff ?? (() => {}))
    this.#dropToken = login.drop
    this.#turns = new ConnectionTurns({
      max: options.connectionsMax,
      bulkMax: Math.max(1, Math.floor(options.connectionsMax * poolLimits.bulkConnectionsShare)),
      timeoutMs: poolLimits.acquireTimeoutMs,
    })
    this.#pool = new Pool({
      ...login.config,
      max: options.connectionsMax,
      connectionTimeoutMillis: poolLimits.acquireTimeoutMs,
      idleTimeoutMillis: poolLimits.idleTimeoutMs,
      maxLifetimeSeconds: poolLimits.lifetimeSecondsMax,
      query_timeout: options.queryTimeoutMs ?? poolLimits.queryTimeoutMs,
      keepAlive: true,
      // Statements that don't wait for each other go out together (inTwoTrips).
      pipeline: true,
      types: asText,
      application_name: 'trickle',
      allowExitOnIdle: true,
    })
    // An idle connection that is cut emits here; without a listener it would end the process and all its requests.
    this.#pool.on('error', options.onIdleError ?? (() => {}))
    // While pg-pool hands over a new connection, it removes its own listener from it, and the taker has none yet.
    // Without this listener, a server that closes the connection in the packet that opened it would end the process.
    this.#pool.on('connect', (client) => {
      client.on('error', () => {
        this.#broken.add(client)
      })
    })
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

  async end(): Promise<void> {
    await this.#pool.end()
  }

  #session(client: PoolClient): Session {
    let { generation } = this.#names
    return {
      run: (statement) => handled(this.#run(client, statement)),
      runAndCommit: (statement) => handled(this.#run(client, statement, sendAndCommit)),
      command: (text) => handled(this.#marking(client, client.query(text)).then(({ command }) => command)),
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
      hasTransaction: () => !this.#broken.has(client) && client.getTransactionStatus() !== 'I',
    }
  }

  /** Not an async function: a value that can't be sent throws at once, before anything after it is sent. */
  #run<R>(client: PoolClient, statement: Statement<R>, send = sendStatement): Promise<R[]> {
    const sent = this.#names.sentAs(statement)
    try {
      const answer = this.#marking(client, send(client, statement, sent))
      return answer.then((rows) => statement.columns.read(statement.name, rows))
    } catch (error) {
      // The driver has closed the prepared statement on the server, and takes it as prepared still.
      if (sent.name !== undefined) this.#broken.add(client)
      throw error
    }
  }

  /** Marks the connection as broken when the answer is that it is. */
  async #marking<T>(client: PoolClient, answer: Promise<T>): Promise<T> {
    try {
      return await answer
    } catch (error) {
      if (breaksConnection(error)) this.#broken.add(client)
      throw error
    }
  }

  async #retrying<T>(work: (client: PoolClient) => Promise<T>, options: QueryOptions): Promise<T> {
    try {
      return await withRetry(
        async (attempt) => {
          const turn = turnOf(options)
          const coming = this.#turns.take(turn, options.signal)
          if (coming !== null) await coming
          try {
            const client = await this.#connect()
            options.onAttempt?.(attempt)
            const { generation } = this.#names
            return await this.#releasing(client, work).catch((error: unknown) => {
              this.#names.renew(error, generation)
              throw options.isRead === true ? clarify(error, 'before-send') : error
            })
          } finally {
            this.#turns.giveBack(turn.work)
          }
        },
        {
          budget: this.#budget,
          resolvesAmbiguity: options.resolvesAmbiguity ?? false,
          ...pickTiming(options),
        },
      )
    } catch (error) {
      const mapped = options.onError?.(error)
      throw mapped ?? databaseError(error)
    }
  }

  async #connect(): Promise<PoolClient> {
    try {
      return await this.#pool.connect().catch((error: unknown) => {
        if (!LOGIN_REFUSED.has(codeOf(error))) throw error
        this.#dropToken()
        return this.#pool.connect()
      })
    } catch (error) {
      throw clarify(error, 'before-send')
    }
  }

  /**
   * Keeps the connection after a plain SQL error. pg-pool's own `query` would close it and need a new TLS handshake.
   */
  async #releasing<T>(client: PoolClient, work: (client: PoolClient) => Promise<T>): Promise<T> {
    const onError = (): void => {
      this.#broken.add(client)
    }
    client.on('error', onError)
    try {
      return await work(client)
    } finally {
      client.off('error', onError)
      // 'I' is idle. With any other status the next caller would get an open transaction, bound to another tenant.
      client.release(this.#broken.has(client) || client.getTransactionStatus() !== 'I')
    }
  }
}

export interface QueryOptions {
  /**
   * The work only reads. After a lost answer it is tried again; if that fails too, the error is DATABASE_UNAVAILABLE.
   */
  readonly isRead?: boolean
  /** The work writes. After a lost answer it finds out itself, by a receipt or by ids, what that attempt has done. */
  readonly resolvesAmbiguity?: boolean
  readonly deadlineAtMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /**
   * The name that takes turns when all connections are taken: a tenant's id. All work without a name shares one turn.
   */
  readonly turn?: string
  /** Default: short. */
  readonly work?: Work
  /** Called before each attempt that has a connection, with the number of the attempt, from 1. */
  readonly onAttempt?: (attempt: number) => void
  /** Gets the last error first, and may return the error to throw. undefined leaves that choice to `databaseError`. */
  readonly onError?: (error: unknown) => Error | undefined
}

export interface TransactionOptions extends QueryOptions {
  readonly readOnly?: boolean
}

function handled<T>(answer: Promise<T>): Promise<T> {
  answer.catch(() => {})
  return answer
}

const turnOf = ({ turn = '', work = 'short' }: QueryOptions): Turn => ({ name: turn, work })

function pickTiming({ deadlineAtMs, signal }: QueryOptions): Pick<RetryOptions, 'deadlineAtMs' | 'signal'> {
  return {
    ...(deadlineAtMs === undefined ? {} : { deadlineAtMs }),
    ...(signal === undefined ? {} : { signal }),
  }
}
