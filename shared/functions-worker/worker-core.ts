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
  readonly metadata: { readonly bindings?: Readonly<Record<string, { readonly type?: string }>> | null }
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
