/**
 * HTTP between the platform and the kernel. With HTTP streaming the platform sends each request twice: to the HTTP
 * server of '@azure/functions' in this process, and as an invocation over gRPC. The library matches the two by the
 * header x-ms-invocation-id, and waits for ever when one of them is lost. Then functionTimeout ends the whole worker
 * process. And it makes objects of the fetch standard of each request and answer, which took most of the time of the
 * cheapest request; routes of the kernel read and write the connection instead.
 *
 * Invariants: an invocation whose request does not come ends by itself within seconds, and so does a request whose
 * invocation does not come; a request that cannot be read is answered; the worker accepts every request head that the
 * platform's front end accepts; functions that are no routes of the kernel get the library's request as always. None of
 * this depends on a setting.
 * It must not know of routes, and must not check what a request says.
 */
export { bindHttpHalves } from './bind-http-halves.ts'
export { findWorkerCore, type InvocationModel, type WorkerCore } from './worker-core.ts'
