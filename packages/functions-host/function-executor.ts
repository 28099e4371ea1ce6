/** Runs one attempt of one function: ids, trace, counting, and the host's two lines in the log. */
import { randomUUID } from 'node:crypto'
import type { Activity } from './activity.ts'
import type { CoreLogLevel, CoreRetryContext, CoreTraceContext, TypedData } from './core-api.ts'
import type { HostedFunction } from './function-catalog.ts'
import type { HostLog } from './log.ts'
import { stackOf } from './start-failure.ts'
import type { WorkerApp } from './worker-app.ts'
import { invokeInWorker } from './worker-invocation.ts'
import type { InvocationOutcome } from './worker-invocation.ts'

export interface Attempt {
  readonly invocationId: string
  /** The value of the trigger. */
  readonly data: TypedData
  readonly triggerMetadata: Readonly<Record<string, TypedData>>
  readonly traceContext: CoreTraceContext
  readonly retryContext?: CoreRetryContext | undefined
  /** Why it runs, for the log. */
  readonly reason: string
  /** Level of the "Executing" and "Executed" lines of a success; failures are always errors. */
  readonly logLevel: CoreLogLevel
}

export interface FunctionExecutor {
  newInvocationId(): string
  /** Rejects with what the function threw, after it has been logged. */
  run(fn: HostedFunction, attempt: Attempt): Promise<InvocationOutcome>
}

export function createFunctionExecutor(app: WorkerApp, activity: Activity, log: HostLog): FunctionExecutor {
  async function run(fn: HostedFunction, attempt: Attempt): Promise<InvocationOutcome> {
    const { invocationId, logLevel } = attempt
    const category = fn.name
    const startedAtMs = performance.now()
    if (log.isEnabled(logLevel, category)) {
      const message = `Executing 'Functions.${fn.name}' (Reason='${attempt.reason}', Id=${invocationId})`
      log.write({ level: logLevel, category, invocationId, message })
    }
    activity.begin(invocationId, fn.name)
    const executed = (outcome: string): string =>
      `Executed 'Functions.${fn.name}' (${outcome}, Id=${invocationId}, Duration=${Math.round(performance.now() - startedAtMs)}ms)`
    try {
      const outcome = await invokeInWorker(app, fn.registered, {
        invocationId,
        functionId: fn.registered.metadata.functionId ?? fn.name,
        inputData: [{ name: fn.triggerName, data: attempt.data }],
        triggerMetadata: attempt.triggerMetadata,
        traceContext: attempt.traceContext,
        ...(attempt.retryContext === undefined ? {} : { retryContext: attempt.retryContext }),
      })
      if (log.isEnabled(logLevel, category)) {
        log.write({ level: logLevel, category, invocationId, message: executed('Succeeded') })
      }
      return outcome
    } catch (error) {
      log.write({
        level: 'error',
        category,
        invocationId,
        message: `${executed('Failed')} ${stackOf(error)}`,
      })
      throw error
    } finally {
      activity.end(invocationId)
    }
  }

  return { newInvocationId: randomUUID, run }
}
