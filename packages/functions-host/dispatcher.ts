/**
 * Dispatchers bring events to functions. There is one dispatcher for each type of trigger, in a file of its own.
 *
 * To add a trigger, write `dispatcher-<type>.ts` and put it into the table of `dispatcher-table.ts`.
 */
import type { Activity } from './activity.ts'
import type { HostedFunction } from './function-catalog.ts'
import type { FunctionExecutor } from './function-executor.ts'
import type { Environment } from './host-settings.ts'
import type { HostLog } from './log.ts'

export interface DispatcherContext {
  readonly executor: FunctionExecutor
  readonly activity: Activity
  readonly log: HostLog
  /** The app's settings. */
  readonly environment: Environment
  /** Folder for the state of triggers that must survive a restart of the host. */
  readonly stateFolder: string
  /** Aborted when the host shuts down, which ends the waits for retries. A drain does not end them. */
  readonly stopping: AbortSignal
}

export interface TriggerDispatcher {
  /**
   * Adds a function. Called once for each function, in the order of names, before `start`.
   * @throws Error whose message says why the platform would put the function in error
   */
  add(fn: HostedFunction): void
  /** Begins to dispatch; disabled functions are left out. May be called again after stop (resume after a drain). */
  start(): Promise<void>
  /** Starts no more runs. Resolves when the current runs have ended; there is no time limit here. */
  stop(): Promise<void>
  /** Runs the function now, as POST /admin/functions/<name> does. Rejects when the run fails. */
  runNow(fn: HostedFunction, input: string): Promise<void>
}
