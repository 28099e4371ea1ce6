import { Pool } from 'pg'
import type { CustomTypesConfig, PoolClient } from 'pg'
import { CircuitBreaker } from './circuit-breaker.ts'
import type { Reachability } from './circuit-breaker.ts'
import { breaksConnection, clarify, codeOf, isUnreachable, isUnreachableByPooler } from './classify.ts'
import { ConnectionTurns } from './connection-turns.ts'
import type { Turn } from './connection-turns.ts'
import { loginOf } from './login.ts'
import { poolLimits } from './settings.ts'

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
  /** Told when the server can't be reached any more, with the last error, and when it answers again, with null. */
  readonly onReachability?: (error: unknown) => void
}

/** The driver passes on the text that the server sent. The statement's column list turns the text into a value. */
const asSent = (value: unknown): unknown => value
const asText: CustomTypesConfig = { getTypeParser: () => asSent }

/** 28P01 and 28000: the server refused the login. With Entra ID the cached token was mostly revoked or has expired. */
const LOGIN_REFUSED = new Set(['28P01', '28000'])

/** A probe waits no longer than a new connection may take: its answer must not keep the breaker open for longer. */
const probe = { text: 'select 1', query_timeout: poolLimits.acquireTimeoutMs }
const probeTurn = { name: '', work: 'short' } as const

/**
 * The connections of one login to one server. Names take turns for them, a breaker keeps callers from a server that is
 * away, and a connection that can't be trusted any more is destroyed when its user is done with it.
 */
export class Connections {
  readonly #pool: Pool
  readonly #turns: ConnectionTurns
  readonly #breaker: CircuitBreaker
  readonly #dropToken: () => void
  /** Connections that can't be trusted any more. They are destroyed when they are released. */
  readonly #broken = new WeakSet<PoolClient>()

  constructor(options: DatabaseOptions) {
    const login = loginOf(options)
    this.#dropToken = login.drop
    this.#breaker = new CircuitBreaker({ onChange: options.onReachability ?? (() => {}) })
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
   * Does `work` with one connection, when its turn has come.
   * @throws ServerAway while the breaker is open; otherwise the driver's error
   */
  async use<T>(
    turn: Turn,
    signal: AbortSignal | undefined,
    work: (client: PoolClient) => Promise<T>,
  ): Promise<T> {
    if (this.#breaker.isOpen) await this.#passBreaker()
    const coming = this.#turns.take(turn, signal)
    if (coming !== null) await coming
    try {
      // Whoever waited for a turn must not try in vain, one after the other.
      if (coming !== null && this.#breaker.isOpen) throw this.#breaker.away()
      const { failures } = this.#breaker
      const client = await this.#connect(failures)
      try {
        const result = await this.#releasing(client, work)
        this.#breaker.answered()
        return result
      } catch (error) {
        if (isUnreachableByPooler(error)) this.#breaker.failed(failures, error)
        else if (!breaksConnection(error)) this.#breaker.answered()
        throw error
      }
    } finally {
      this.#turns.giveBack(turn.work)
    }
  }

  /** Marks the connection as broken when the answer is that it is. */
  async marking<T>(client: PoolClient, answer: Promise<T>): Promise<T> {
    try {
      return await answer
    } catch (error) {
      if (breaksConnection(error)) this.#broken.add(client)
      throw error
    }
  }

  /** Destroys the connection when its user is done with it. */
  distrust(client: PoolClient): void {
    this.#broken.add(client)
  }

  isTrusted(client: PoolClient): boolean {
    return !this.#broken.has(client)
  }

  /** Whether the server answered when it was last asked. */
  get reachability(): Reachability {
    return this.#breaker.reachability
  }

  /**
   * Waits until the server can be reached: not at all while it can. All who wait share one probe at a time.
   * @param forMs at the most
   * @returns whether it can be reached
   */
  async whenReachable(forMs: number, signal?: AbortSignal): Promise<boolean> {
    return this.#breaker.whenClosed(() => this.#probe(), forMs, signal)
  }

  async end(): Promise<void> {
    await this.#pool.end()
  }

  /** One caller asks the server whether it is back, when it is time. @throws ServerAway for all others */
  async #passBreaker(): Promise<void> {
    if (!this.#breaker.beginProbe()) throw this.#breaker.away()
    await this.#probe()
  }

  /** Not the caller's own statement: that may take long, and all others wait for the answer. @throws ServerAway */
  async #probe(): Promise<void> {
    try {
      await this.#turns.take(probeTurn)
      try {
        await this.#releasing(await this.#pool.connect(), (client) =>
          this.marking(client, client.query(probe)),
        )
      } finally {
        this.#turns.giveBack(probeTurn.work)
      }
    } catch (error) {
      if (breaksConnection(error)) {
        this.#breaker.probeFailed(error)
        throw this.#breaker.away()
      }
    }
    this.#breaker.answered()
  }

  async #connect(failures: number): Promise<PoolClient> {
    try {
      return await this.#pool.connect().catch((error: unknown) => {
        if (!LOGIN_REFUSED.has(codeOf(error))) throw error
        this.#dropToken()
        return this.#pool.connect()
      })
    } catch (error) {
      const unsent = clarify(error, 'before-send')
      if (isUnreachable(unsent)) this.#breaker.failed(failures, unsent)
      throw unsent
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
