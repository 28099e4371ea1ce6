import { createRequire } from 'node:module'

/**
 * What is used of the worker's built-in module '@azure/functions-core'. It is no npm package: the worker gives it to
 * what it loads, so its shapes are written down here (azure-functions-nodejs-worker, types-core).
 */
export interface WorkerCore {
  getProgrammingModel(): ProgrammingModel | undefined
  setProgrammingModel(model: ProgrammingModel): void
}

export interface ProgrammingModel {
  readonly name: string
  readonly version: string
  getInvocationModel(invocation: CoreInvocation): InvocationModel | Promise<InvocationModel>
  getCapabilities?(capabilities: Capabilities): Capabilities | Promise<Capabilities>
}

export type Capabilities = Record<string, string>

export interface CoreInvocation {
  readonly invocationId: string
  readonly metadata: {
    readonly name?: string | null
    readonly bindings?: Readonly<Record<string, { readonly type?: string }>> | null
  }
  readonly request: CoreRequest
  log(level: CoreLogLevel, category: 'user', message: string): void
}

export type CoreLogLevel = 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'none'

/** What the host sends of an invocation over gRPC. */
export interface CoreRequest {
  readonly triggerMetadata?: TriggerMetadata | null
  readonly traceContext?: {
    readonly traceParent?: string | null
    readonly traceState?: string | null
    readonly attributes?: Readonly<Record<string, string>> | null
  } | null
}

export type TriggerMetadata = Readonly<Record<string, TypedData>>

/** One value of the worker's protocol; of the kinds it can be, those that are used here. */
export interface TypedData {
  readonly string?: string | null
  readonly json?: string | null
}

export interface InvocationModel {
  getArguments(): Promise<InvocationArguments>
  invokeFunction(context: object, inputs: unknown[], callback: (...inputs: unknown[]) => unknown): unknown
  getResponse(context: object, result: unknown): Promise<unknown>
}

export interface InvocationArguments {
  readonly context: object
  readonly inputs: unknown[]
}

/** The worker's module; undefined where no worker runs, as in a test that loads the app by itself. */
export function findWorkerCore(): WorkerCore | undefined {
  try {
    return createRequire(import.meta.url)('@azure/functions-core') as WorkerCore
  } catch {
    return undefined
  }
}
