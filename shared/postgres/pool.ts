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
import { eachInOneTrip, inOneTrip, inTransaction, inTwoTrips } from './transactions.ts'
import type { Decision, FirstTrip, Session } from './transactions.ts'

export interface DatabaseOptions {
  /** postgres://role[:password]@host:port/database */
  readonly url: string
  readonly clientId?: string | undefined
  readonly connectionsMax: number
  /** Named statements are parsed once a connection, unnamed ones work through every transaction pooler. */
  readonly statements: 'named' | 'unnamed'
  /** Time to wait for an answer; above the login's statement_timeout. Default: `poolLimits.queryTimeoutMs`. */
  readonly queryTimeoutMs?: number
  readonly onIdleError?: (error: Error) => void
}

/** The driver hands on the text that the server sent; the column list of the statement says what becomes of it. */
const asSent = (value: unknown): unknown => value
const asText: CustomTypesConfig = { getTypeParser: () => asSent }

/** 28P01 and 28000: the server refused the login, with Entra ID mostly because the cached token was revoked or ended. */
const LOGIN_REFUSED = new Set(['28P01', '28000'])

/**
 * One pool of one login role. Made lazily, where the app is composed; `end` is for shutdown and tests.
 */
export class Database {
  readonly #pool: Pool
  readonly #named: boolean
  readonly #budget = new RetryBudget()
  readonly #turns: ConnectionTurns
  readonly #dropToken: () => void
  /** Connections that can't be trusted any more; they are destroyed when they come back. */
  readonly #broken = new WeakSet<PoolClient>()

  constructor(options: DatabaseOptions) {
    const login = loginOf(options)
    this.#named = options.statements === 'named'
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
    // pg-pool takes its own listener off a new connection while it hands it over. A server that ends the connection in the
    // same packet that opened it would then end the process: nobody has taken the connection yet.
    this.#pool.on('connect', (client) => {
      client.on('error', () => {
        this.#broken.add(client)
      })
    })
  }

  /**
   * Runs one statement in its own implicit transaction.
   * @returns its rows, as objects with the columns of its list.
   * @throws TrickleError of the DATABASE_ family, OUTCOME_UNKNOWN when any attempt may have written, or whatever `onError` made of the driver's error.
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
   * One transaction in two round trips: BEGIN goes together with `first`, and what `decide` makes of its answers goes
   * together with COMMIT. So nothing waits for the client between the first write and COMMIT. Both run again from the start
   * after a lost connection: `decide` must do nothing but think, and send what it writes by `send`.
   */
  async inTwoTrips<const First extends readonly unknown[], T>(
    first: FirstTrip<First>,
    decide: (found: First) => Promise<Decision<T>>,
    options: QueryOptions = {},
  ): Promise<T> {
    return this.#retrying((client) => inTwoTrips(this.#session(client), first, decide), options)
  }

  /**
   * One transaction in one round trip: nothing waits for the client while it is open. Its statements are known before, and
   * nothing is read of their answers.
   */
  async inOneTrip(statements: readonly Statement[], options: QueryOptions = {}): Promise<void> {
    return this.#retrying((client) => inOneTrip(this.#session(client), statements), options)
  }

  /**
   * Many transactions on one connection, each of its own BEGIN and COMMIT, all sent at once: together they wait for the
   * server once. After a lost connection all are sent again, so each must find out by itself whether it was committed.
   * @returns for each the error that undid it, as the driver gave it, or null. None is tried again.
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
      hasTransaction: () => !this.#broken.has(client) && client.getTransactionStatus() !== 'I',
    }
  }

  /** Not an async function: a value that can't be sent throws at once, before anything after it is sent. */
  #run<R>(client: PoolClient, statement: Statement<R>, send = sendStatement): Promise<R[]> {
    return this.#marking(client, send(client, statement, this.#named)).then((answer) =>
      statement.columns.read(statement.name, answer),
    )
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
            return await this.#releasing(client, work).catch((error: unknown) => {
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

  /** A plain SQL error keeps the connection; pg-pool's own `query` would throw it away, with its TLS handshake. */
  async #releasing<T>(client: PoolClient, work: (client: PoolClient) => Promise<T>): Promise<T> {
    const onError = (): void => {
      this.#broken.add(client)
    }
    client.on('error', onError)
    try {
      return await work(client)
    } finally {
      client.off('error', onError)
      // 'I' is idle: anything else would hand an open transaction, with its tenant, to the next caller.
      client.release(this.#broken.has(client) || client.getTransactionStatus() !== 'I')
    }
  }
}

export interface QueryOptions {
  /** The work only reads: a lost answer is asked for again, and told as DATABASE_UNAVAILABLE at worst. */
  readonly isRead?: boolean
  /** The work writes and finds out itself, by a receipt or by ids, what an attempt without an answer has done. */
  readonly resolvesAmbiguity?: boolean
  readonly deadlineAtMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Whose turn it takes when all connections are taken: a tenant's id. Work that names nobody takes turns as one. */
  readonly turn?: string
  /** Default: short. */
  readonly work?: Work
  /** Told before each attempt that reached a connection, 1 first. */
  readonly onAttempt?: (attempt: number) => void
  /** A first look at the error that is about to be thrown; undefined leaves it to the classifier. */
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
