/**
 * What brings events to functions: one dispatcher for each type of trigger, in one file each.
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
  /** Folder for what a trigger has to remember over a restart of the host. */
  readonly stateFolder: string
  /** Aborted when the host shuts down: waits for retries end then. A drain lets them go on. */
  readonly stopping: AbortSignal
}

export interface TriggerDispatcher {
  /**
   * Takes a function in; called once for each, in name order, before start.
   * @throws Error whose message says why the platform would put the function in error
   */
  add(fn: HostedFunction): void
  /** Begins to dispatch; disabled functions are left out. May be called again after stop (resume after a drain). */
  start(): Promise<void>
  /** Begins nothing more; resolves when the runs that are under way have ended, without a limit of its own. */
  stop(): Promise<void>
  /** Runs the function now, as POST /admin/functions/<name> does. Rejects when the run fails. */
  runNow(fn: HostedFunction, input: string): Promise<void>
}
