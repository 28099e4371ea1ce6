/**
 * The HTTP kernel: one table of routes (`defineRoute`) gives routing, checks of every input, the OpenAPI document and its
 * page, and one wrapper runs every handler.
 *
 * Invariants: every request is answered, whatever its handler does, within the deadline of its route; every error is an
 * RFC 9457 problem document with a code of the catalogue; nothing that a client sends reaches a handler unchecked or is
 * repeated in a log; numbers and strings of a body reach the handler with their exact value or not at all.
 * It must not know of any route's business, of the database, or of what a tenant is: `authenticate` and `resolveCaller`
 * are given to it. Receipts of idempotent writes are kept by the services, in their own transactions.
 */
export {
  defineRoute,
  defineRouteFor,
  jsonBody,
  DEFAULT_DEADLINE_MS,
  DEADLINE_MAX_MS,
} from './define-route.ts'
export type { DefineRoute, RouteDefinition } from './define-route.ts'
export type {
  Access,
  BodyDefinition,
  Caller,
  HandlerContext,
  Idempotency,
  JsonBody,
  NoBody,
  OperatorCaller,
  ResponseDefinition,
  Route,
  RouteFacts,
  RouteMethod,
  StreamBody,
  TenantCaller,
  TenantRole,
  Transformed,
} from './route-types.ts'
export {
  createKernel,
  type CallLimits,
  type Kernel,
  type KernelOptions,
  type RouteHandler,
} from './kernel.ts'
export type {
  BodyPart,
  BodyReader,
  IncomingRequest,
  Invocation,
  RequestBody,
  RequestHeaders,
} from './incoming-request.ts'
export { connectionOf, type ClientConnection } from './client-connection.ts'
export type { Answer } from './response.ts'
export { type KernelLogger } from './failure-log.ts'
export { registerRoutes, type FunctionsApp } from './register.ts'
export { servedByOtherApp, type SplitApp } from './split-app.ts'
export { findOverlaps } from './overlaps.ts'
export { TENANT_HEADER } from './tenant-header.ts'
export { notFoundRoute } from './not-found.ts'
export { problemDocument, problemHeaders } from './problem.ts'
export { reply, markReplayed, type Reply, type ReplyOptions } from './reply.ts'
export { STREAM_BYTES_MAX } from './streamed-body.ts'
export { uploadPace, type UploadPace } from './upload-pace.ts'
export { serverSentEvent, type ServerSentEvent } from './server-sent-events.ts'
export { checkPart } from './validation.ts'
export { addProblem, isFull, throwFindings, type Findings } from './findings.ts'
export { preferredMediaType } from './accept.ts'
export {
  conditionalReadHeaders,
  isKnownTag,
  parsePrecondition,
  preconditionHeaders,
  versionTag,
  type Precondition,
} from './preconditions.ts'
export { readClientTrace, type ClientTrace } from './trace.ts'
export { nextPageSchema, wholeNumber } from './query-schemas.ts'
export { timeSchema } from './time-schema.ts'
export { buildOpenApiDocument, docsRoutes, type DocsOptions } from './docs-routes.ts'
export { type DocumentInfo } from './openapi-document.ts'
