/**
 * A TCP proxy on 127.0.0.1 between clients and one server. It behaves like a bad network: it delays requests, loses
 * requests and answers, and closes connections.
 *
 * Invariants: without a fault every byte passes in order; each fault applies to one request; `close` ends every
 * connection. It must not know what protocol passes through it. Bytes that arrive from a client together count as one
 * request.
 */
export { TcpProxy, type ArmedFault, type ProxyOptions } from './tcp-proxy.ts'
export { type Fault, type FaultAction } from './connection.ts'
