/**
 * What a worker knows of the app it has loaded: functions, hooks, programming model, hook data.
 *
 * Follows azure-functions-nodejs-worker: AppContext.ts, WorkerContext.ts (log hooks), hooks/*.ts,
 * coreApi/registerFunction.ts.
 */
import type {
  CoreFunctionMetadata,
  CoreLogCategory,
  CoreLogLevel,
  FunctionCallback,
  HookCallback,
  ProgrammingModel,
} from './core-api.ts'
import { createHookRegistry } from './hook-registry.ts'
import type { HookName } from './hook-registry.ts'
import { HOST_CATEGORY } from './log.ts'
import type { HostLog } from './log.ts'
import { stackOf } from './start-failure.ts'

export interface RegisteredFunction {
  readonly metadata: CoreFunctionMetadata
  readonly callback: FunctionCallback
}

/** The facts about the invocation that log hooks get with a log entry. */
export interface InvocationLogFacts {
  readonly functionName: string
  readonly invocationId: string
  readonly hookData: object
  readonly invocationContext: object | undefined
}

export interface WorkerApp {
  readonly functions: Map<string, RegisteredFunction>
  readonly appHookData: object
  programmingModel: ProgrammingModel | undefined
  /** True: functions can't be registered any more. In the real worker this is so once the host knows its functions. */
  registrationClosed: boolean
  registerFunction(metadata: CoreFunctionMetadata, callback: FunctionCallback): () => void
  registerHook(name: string, callback: HookCallback): () => void
  executeHooks(name: HookName, context: object): Promise<void>
  log(level: CoreLogLevel, category: CoreLogCategory, message: string, invocation?: InvocationLogFacts): void
}

/** An error of the worker itself. The library checks the property that marks it. */
export function systemError(message: string, Kind: ErrorConstructor | RangeErrorConstructor = Error): Error {
  return Object.assign(new Kind(message), { isAzureFunctionsSystemError: true })
}

export function createWorkerApp(hostLog: HostLog): WorkerApp {
  const functions = new Map<string, RegisteredFunction>()
  const hooks = createHookRegistry()
  const appHookData = {}

  function registerFunction(metadata: CoreFunctionMetadata, callback: FunctionCallback): () => void {
    if (app.registrationClosed) throw systemError('A function can only be registered during app startup.')
    const id = metadata.functionId ?? metadata.name
    if (functions.has(id)) throw systemError(`A function with id "${id}" has already been registered.`)
    functions.set(id, { metadata, callback })
    return () => {
      if (app.registrationClosed) throw systemError('A function can only be disposed during app startup.')
      functions.delete(id)
    }
  }

  function registerHook(name: string, callback: HookCallback): () => void {
    const takeBack = hooks.register(name, callback)
    if (takeBack === undefined) throw systemError(`Unrecognized hook "${name}"`, RangeError)
    return takeBack
  }

  const app: WorkerApp = {
    functions,
    appHookData,
    programmingModel: undefined,
    registrationClosed: false,
    registerFunction,
    registerHook,
    executeHooks: (name, context) => hooks.execute(name, context),
    log: createLog(hostLog, hooks.callbacksOf('log'), appHookData),
  }
  return app
}

/** Writes to the log of the host, after the app's log hooks have seen it. */
function createLog(
  hostLog: HostLog,
  logHooks: readonly HookCallback[],
  appHookData: object,
): WorkerApp['log'] {
  return (level, logCategory, message, invocation) => {
    const category = invocation?.functionName ?? HOST_CATEGORY
    const invocationId = invocation?.invocationId
    if (logHooks.length === 0) {
      hostLog.write({ level, category, message, invocationId })
      return
    }
    const context = {
      level,
      message,
      category: logCategory,
      hookData: invocation?.hookData ?? appHookData,
      invocationContext: invocation?.invocationContext,
    }
    runLogHooks(logHooks, context, hostLog)
    // Hooks may change what the app wrote. Logs of the system are written unchanged.
    if (logCategory === 'user')
      hostLog.write({ level: context.level, category, message: context.message, invocationId })
    else hostLog.write({ level, category, message, invocationId })
  }
}

function runLogHooks(hooks: readonly HookCallback[], context: object, hostLog: HostLog): void {
  try {
    for (const callback of hooks) callback(context)
  } catch (error) {
    // A log entry is written even if a hook throws. The platform drops the hook's error; here it is logged at debug.
    hostLog.write({ level: 'debug', category: HOST_CATEGORY, message: `A log hook threw: ${stackOf(error)}` })
  }
}
