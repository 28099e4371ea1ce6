/** A server and the administrator's way into it. */
export interface DatabaseServer {
  /** Its name in Azure. */
  readonly name: string
  /** postgres://administrator[:password]@host:port, directly on the server; the database is chosen by each step. */
  readonly url: string
  /** A token for each new connection; absent where the url has a password. */
  readonly password?: (() => Promise<string>) | undefined
  /** Reachable from within its network only. */
  readonly isPrivate: boolean
}

export interface ServerFacts {
  /** Major version. */
  readonly version: number
  readonly isReplica: boolean
  /** The role that the hook acts as. */
  readonly user: string
  /** Static parameters that are set and wait for a restart. */
  readonly pendingRestart: readonly string[]
}

/** The role that the hook logs in as. */
export const userOf = (server: DatabaseServer): string => decodeURIComponent(new URL(server.url).username)
