import { closeSync, fchmodSync, openSync, readFileSync, statSync, writeFileSync, chownSync } from 'node:fs'
import { join } from 'node:path'
import { fileFailure, LocalFailure } from '../failure/index.ts'
import { freePort } from '../ports/index.ts'
import type { PostgresVersion } from './binaries.ts'
import { needsInitialising } from './data-folder.ts'
import { ADMINISTRATOR, initialise } from './initialise.ts'
import { clearLeftovers } from './leftover.ts'
import { ensureInstalled, version17Folder } from './on-demand.ts'
import { placeServer } from './placement.ts'
import type { Placement } from './placement.ts'
import { launch } from './launch.ts'
import type { ServerEnd } from './launch.ts'
import { settingsText } from './settings.ts'
import type { SettingValue } from './settings.ts'

export interface StartServerOptions {
  /** Default 18. Version 17 is got from npm when it is first used. */
  readonly version?: PostgresVersion
  /** The server's folder; made when it is missing. It holds the data, the log and the administrator's password. */
  readonly dataFolder: string
  /** 0 picks a free port. */
  readonly port: number
  /** Settings on top of the settings table. */
  readonly settings?: Readonly<Record<string, SettingValue>>
  /** False: no fsync at all, for servers whose data is thrown away. */
  readonly durable: boolean
  /** True: stop a server that still runs on the folder. For callers that know that its owner is gone. */
  readonly takeOver?: boolean
  /** How long start and crash recovery may take. Default 120 s. */
  readonly startTimeoutMs?: number
  /** Default: postgres.log in the server's folder. */
  readonly logFile?: string
  /** Called with each process id as soon as the process exists: for initdb, then for the server. */
  readonly spawned?: (pid: number) => void
  /** Gives up the start. */
  readonly signal?: AbortSignal
}

export interface RunningServer {
  readonly version: PostgresVersion
  readonly port: number
  /** postgres:// with the administrator's name and password. */
  readonly adminUrl: string
  readonly pid: number
  /** PGDATA, which may lie outside of the server's folder. */
  readonly dataFolder: string
  readonly logFile: string
  /** Sentences that the person who starts the server should read. */
  readonly notices: readonly string[]
  /** Resolves when the server has ended for any reason. Never rejects. */
  readonly ended: Promise<ServerEnd>
  /** Fast stop: open transactions are rolled back, everything is written. Forced after 20 s. */
  stop(): Promise<void>
  /** Sends SIGKILL, as the kernel does when memory runs out. The next start recovers the data. */
  kill(): Promise<void>
}

/** Recovery after a crash replays up to max_wal_size (2 GB), which takes a slow disk a minute. */
const DEFAULT_START_TIMEOUT_MS = 120_000

/** A port that was free may be taken a moment later. Five failures in a row have another reason. */
const PORT_ATTEMPTS = 5

/**
 * Starts a PostgreSQL server on a folder and waits until it accepts connections, after crash recovery if needed. At the
 * first start it makes the data folder.
 * @throws LocalFailure with what happened, where, and how to mend it
 */
export async function startServer(options: StartServerOptions): Promise<RunningServer> {
  const version = options.version ?? 18
  if (version === 17) await ensureInstalled(version17Folder)
  const placed = placeServer(options.dataFolder, version)
  const placement = { ...placed, logFile: options.logFile ?? placed.logFile }
  options.signal?.throwIfAborted()
  if (needsInitialising(placement)) {
    await initialise(placement, options)
  }
  await clearLeftovers(placement.dataFolder, options.takeOver ?? false)
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port === 0 ? await freePort() : options.port
    try {
      return await startAt(placement, port, options)
    } catch (error) {
      const again = error instanceof LocalFailure && error.code === 'PORT_TAKEN' && options.port === 0
      if (!again || attempt === PORT_ATTEMPTS) throw error
    }
  }
}

async function startAt(
  placement: Placement,
  port: number,
  options: StartServerOptions,
): Promise<RunningServer> {
  writeSettings(placement, port, options)
  const log = openLog(placement.logFile)
  try {
    const launched = await launch({
      placement,
      port,
      logDescriptor: log.descriptor,
      logStart: log.length,
      timeoutMs: options.startTimeoutMs ?? DEFAULT_START_TIMEOUT_MS,
      ...(options.signal ? { signal: options.signal } : {}),
      ...(options.spawned ? { spawned: options.spawned } : {}),
    })
    const password = readFileSync(placement.passwordFile, 'utf8')
    return {
      ...launched,
      version: placement.version,
      port,
      adminUrl: `postgres://${ADMINISTRATOR}:${password}@127.0.0.1:${port}/postgres`,
      dataFolder: placement.dataFolder,
      logFile: placement.logFile,
      notices: placement.notices,
    }
  } finally {
    closeSync(log.descriptor)
  }
}

function writeSettings(placement: Placement, port: number, options: StartServerOptions): void {
  const file = join(placement.dataFolder, 'trickle.conf')
  const { version } = placement
  try {
    writeFileSync(
      file,
      settingsText({ durable: options.durable, port, version, settings: options.settings ?? {} }),
    )
    if (placement.account) chownSync(file, placement.account.uid, placement.account.gid)
  } catch (error) {
    throw fileFailure(error, file) ?? error
  }
}

function openLog(logFile: string): { descriptor: number; length: number } {
  try {
    // Opened for appending, so that rotation may cut the log at any time.
    const descriptor = openSync(logFile, 'a', 0o600)
    fchmodSync(descriptor, 0o600)
    return { descriptor, length: statSync(logFile).size }
  } catch (error) {
    throw fileFailure(error, logFile) ?? error
  }
}
