/**
 * One invocation, in the order of the real worker: invocation model, arguments, preInvocation hooks, the handler,
 * postInvocation hooks, response.
 *
 * Source: azure-functions-nodejs-worker, eventHandlers/InvocationHandler.ts.
 */
import type {
  CoreInvocationContext,
  CoreInvocationRequest,
  CoreInvocationResponse,
  CoreLogCategory,
  CoreLogLevel,
  FunctionCallback,
} from './core-api.ts'
import { systemError } from './worker-app.ts'
import type { InvocationLogFacts, RegisteredFunction, WorkerApp } from './worker-app.ts'

interface PreInvocationContext {
  readonly hookData: object
  readonly appHookData: object
  readonly invocationContext: object
  functionCallback: FunctionCallback
  inputs: unknown[]
}

interface PostInvocationContext {
  readonly hookData: object
  readonly appHookData: object
  readonly invocationContext: object
  inputs: unknown[]
  result: unknown
  error: unknown
}

export interface InvocationOutcome {
  readonly response: CoreInvocationResponse
  /** What the handler returned. postInvocation hooks may have changed it. */
  readonly result: unknown
}

/** Invokes a function of the app; rejects with what the handler or a hook threw. */
export async function invokeInWorker(
  app: WorkerApp,
  registered: RegisteredFunction,
  request: CoreInvocationRequest,
): Promise<InvocationOutcome> {
  const model = app.programmingModel
  if (model === undefined) throw systemError('The app has set no programming model.')
  const hookData = {}
  const core = new InvocationCore(app, registered, request, hookData)
  const invocation = await model.getInvocationModel(core)
  const { context, inputs } = await withoutStacks(() => invocation.getArguments())
  core.invocationContext = context

  const before: PreInvocationContext = {
    hookData,
    appHookData: app.appHookData,
    invocationContext: context,
    functionCallback: registered.callback,
    inputs,
  }
  core.state = 'preInvocationHooks'
  await app.executeHooks('preInvocation', before)

  const after: PostInvocationContext = {
    hookData,
    appHookData: app.appHookData,
    invocationContext: context,
    inputs: before.inputs,
    result: null,
    error: null,
  }
  core.state = 'invocation'
  try {
    after.result = await invocation.invokeFunction(context, before.inputs, before.functionCallback)
  } catch (error) {
    after.error = error
  }
  core.state = 'postInvocationHooks'
  await app.executeHooks('postInvocation', after)
  core.state = undefined
  // A hook may have set or cleared the error. null and undefined mean "no error"; any other value is thrown as it is.
  if (after.error !== null && after.error !== undefined) throw after.error
  return { response: await invocation.getResponse(context, after.result), result: after.result }
}

/**
 * Runs the synchronous part of `work` without making stacks of errors. The library tries each text of the metadata as
 * JSON and catches the error: a batch of messages makes thousands, and their stacks were a fifth of the host's time.
 */
function withoutStacks<Value>(work: () => Promise<Value>): Promise<Value> {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  try {
    return work()
  } finally {
    Error.stackTraceLimit = limit
  }
}

/** The worker's interface to the library during one invocation. */
class InvocationCore implements CoreInvocationContext {
  readonly invocationId: string
  readonly request: CoreInvocationRequest
  readonly metadata: CoreInvocationContext['metadata']
  state: CoreInvocationContext['state']
  invocationContext: object | undefined
  readonly #app: WorkerApp
  readonly #hookData: object

  constructor(
    app: WorkerApp,
    registered: RegisteredFunction,
    request: CoreInvocationRequest,
    hookData: object,
  ) {
    this.invocationId = request.invocationId
    this.request = request
    this.metadata = registered.metadata
    this.#app = app
    this.#hookData = hookData
  }

  log(level: CoreLogLevel, category: CoreLogCategory, message: string): void {
    const facts: InvocationLogFacts = {
      functionName: this.metadata.name,
      invocationId: this.invocationId,
      hookData: this.#hookData,
      invocationContext: this.invocationContext,
    }
    this.#app.log(level, category, message, facts)
  }
}
