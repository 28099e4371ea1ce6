/**
 * The two halves of an HTTP invocation. With HTTP streaming the platform sends each request twice: to the HTTP server
 * of '@azure/functions' in this process, and as an invocation over gRPC. The library matches the two by the header
 * x-ms-invocation-id, and waits for ever when one of them is lost. Then functionTimeout ends the whole worker process.
 *
 * Invariants: an invocation whose request does not come ends by itself within seconds, and so does a request whose
 * invocation does not come; a request that the library cannot read is answered; the worker accepts every request head
 * that the platform's front end accepts. None of this depends on a setting.
 * It must not read a request, and must not know of routes.
 */
export { bindHttpHalves } from './bind-http-halves.ts'
export { findWorkerCore, type WorkerCore } from './worker-core.ts'
