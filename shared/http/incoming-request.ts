import type { InvocationContext } from '@azure/functions'
import type { ClientConnection } from './client-connection.ts'

/**
 * A request as the kernel reads it. The worker's binding makes it of the platform's connection
 * (shared/functions-worker); the library's HttpRequest fits too, which tests use.
 */
export interface IncomingRequest {
  readonly method: string
  /** Scheme, host, path and query as the client sent them. */
  readonly url: string
  readonly headers: RequestHeaders
  /** Values of the route's parameters, among others that the platform mixes in (see inputs.ts). */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** Null for a request without a body, and for GET and HEAD, whose body is ignored. */
  readonly body: RequestBody | null
  /** Absent where the connection is not known. */
  readonly client?: ClientConnection
}

export interface RequestHeaders {
  /** The values of a header joined with `,`; null where it is absent. */
  readonly get: (name: string) => string | null
  /** Names in lower case, with their values. */
  readonly [Symbol.iterator]: () => Iterator<[string, string]>
}

/** Bytes that come while they are read. It may be read once. */
export interface RequestBody {
  readonly getReader: () => BodyReader
}

/** What is used of a reader of the WHATWG streams standard. */
export interface BodyReader {
  /** @throws Error when the client disconnects before the end */
  readonly read: () => Promise<BodyPart>
  /** Gives the connection up: nothing more is read of it. */
  readonly cancel: () => Promise<void>
}

export type BodyPart =
  | { readonly done: false; readonly value: Uint8Array }
  | { readonly done: true; readonly value?: Uint8Array | undefined }

/** What the kernel uses of the platform's invocation. */
export type Invocation = Pick<InvocationContext, 'invocationId' | 'traceContext'>
