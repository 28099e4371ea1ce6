/**
 * The part of the worker's built-in module '@azure/functions-core' that the library '@azure/functions' uses.
 *
 * The module exists only inside a running worker (it is no npm package), so its shapes are written down here.
 * Source: azure-functions-nodejs-worker, types-core and src/coreApi; '@azure/functions' 4.16, src.
 */

export type CoreLogLevel = 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'none'
export type CoreLogCategory = 'user' | 'system' | 'customMetric'

/** One trigger, input or output of a function, as the app wrote it. */
export interface BindingInfo {
  readonly type?: string
  readonly direction?: string
  readonly [property: string]: unknown
}

/** A duration in the worker's protocol. The library has rounded it to whole seconds. */
export interface CoreDuration {
  readonly seconds?: number
}

export interface CoreRetryOptions {
  readonly retryStrategy?: 'fixedDelay' | 'exponentialBackoff'
  /** -1: no limit. */
  readonly maxRetryCount?: number
  readonly delayInterval?: CoreDuration
  readonly minimumInterval?: CoreDuration
  readonly maximumInterval?: CoreDuration
}

export interface CoreFunctionMetadata {
  readonly name: string
  readonly functionId?: string
  readonly bindings: Readonly<Record<string, BindingInfo>>
  readonly retryOptions?: CoreRetryOptions
}

export type FunctionCallback = (...inputs: unknown[]) => unknown
export type HookCallback = (context: object) => unknown

/** One value in the worker's protocol. Exactly one of the properties is set. */
export interface TypedData {
  readonly string?: string
  readonly json?: string
  readonly bytes?: Uint8Array
  readonly http?: CoreHttpData
  readonly int?: number
  readonly double?: number
  readonly collectionString?: { readonly string: readonly string[] }
  readonly collectionBytes?: { readonly bytes: readonly Uint8Array[] }
  readonly collectionSint64?: { readonly sint64: readonly CoreLong[] }
}

/** A number of 64 bits in a list, as the worker's protocol gives it. */
export interface CoreLong {
  readonly low: number
  readonly high: number
  readonly unsigned: boolean
}

export interface CoreNullable<Value> {
  readonly value?: Value
}

export interface CoreHttpCookie {
  readonly name: string
  readonly value: string
  readonly domain?: CoreNullable<string>
  readonly path?: CoreNullable<string>
  readonly expires?: CoreNullable<CoreDuration>
  readonly secure?: CoreNullable<boolean>
  readonly httpOnly?: CoreNullable<boolean>
  readonly sameSite?: 'none' | 'lax' | 'strict' | 'explicitNone'
  readonly maxAge?: CoreNullable<number>
}

export interface CoreHttpData {
  readonly url?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly params?: Readonly<Record<string, string>>
  readonly body?: TypedData | null
  readonly statusCode?: string
  readonly cookies?: readonly CoreHttpCookie[]
}

export interface CoreTraceContext {
  readonly traceParent: string
  readonly traceState: string
  readonly attributes: Readonly<Record<string, string>>
}

export interface CoreRetryContext {
  readonly retryCount: number
  readonly maxRetryCount: number
  readonly exception?: { readonly message: string; readonly source: string; readonly stackTrace: string }
}

export interface CoreInvocationRequest {
  readonly invocationId: string
  readonly functionId: string
  readonly inputData: readonly { readonly name: string; readonly data: TypedData }[]
  readonly triggerMetadata: Readonly<Record<string, TypedData>>
  readonly traceContext: CoreTraceContext
  readonly retryContext?: CoreRetryContext
}

export interface CoreInvocationResponse {
  readonly invocationId?: string
  readonly outputData?: readonly { readonly name: string; readonly data: TypedData }[]
  readonly returnValue?: TypedData | null
}

export interface CoreInvocationContext {
  readonly invocationId: string
  readonly request: CoreInvocationRequest
  readonly metadata: CoreFunctionMetadata
  state?: 'preInvocationHooks' | 'postInvocationHooks' | 'invocation' | undefined
  log(level: CoreLogLevel, category: CoreLogCategory, message: string): void
}

export interface InvocationModel {
  getArguments(): Promise<{ context: object; inputs: unknown[] }>
  invokeFunction(context: object, inputs: unknown[], callback: FunctionCallback): Promise<unknown>
  getResponse(context: object, result: unknown): Promise<CoreInvocationResponse>
}

export interface ProgrammingModel {
  readonly name: string
  readonly version: string
  getInvocationModel(context: CoreInvocationContext): InvocationModel | Promise<InvocationModel>
  getCapabilities?(capabilities: Record<string, string>): Promise<Record<string, string>>
}
