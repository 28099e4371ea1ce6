/**
 * Drain mode: stops triggers that fetch work by themselves (timers, queues), and tells when nothing runs any more. HTTP
 * requests are still served.
 * Source: azure-functions-host, DrainModeManager.cs, HostController.cs (resume starts the listeners again).
 */
import type { Activity } from './activity.ts'
import type { DispatcherTable } from './dispatcher-table.ts'

export interface DrainStatus {
  readonly state: 'Disabled' | 'InProgress' | 'Completed'
  readonly outstandingInvocations: number
  readonly outstandingRetries: number
}

export interface HostDrain {
  status(): DrainStatus
  /** Stops the listeners at once; resolves when their runs have ended. */
  begin(): Promise<void>
  /** Starts the listeners again. It does not wait for runs that began before the drain. */
  end(): Promise<void>
}

export function createHostDrain(dispatchers: DispatcherTable, activity: Activity): HostDrain {
  let draining = false

  function stateOf(outstanding: number): DrainStatus['state'] {
    if (!draining) return 'Disabled'
    return outstanding === 0 ? 'Completed' : 'InProgress'
  }

  return {
    status() {
      const { outstandingInvocations, outstandingRetries } = activity
      return {
        state: stateOf(outstandingInvocations + outstandingRetries),
        outstandingInvocations,
        outstandingRetries,
      }
    },
    async begin() {
      draining = true
      await Promise.all([...dispatchers.values()].map((dispatcher) => dispatcher.stop()))
    },
    async end() {
      if (!draining) return
      draining = false
      for (const dispatcher of dispatchers.values()) await dispatcher.start()
    },
  }
}
