/**
 * A TCP proxy on 127.0.0.1 that stands between clients and one server and does what networks do: it is far away, it loses
 * requests and answers, it hangs up.
 *
 * Invariants: without a fault every byte passes in order; each fault befalls one request; `close` ends every connection.
 * It must not know what protocol passes through it. What a client sends at a time is taken for one request.
 */
export { TcpProxy, type ArmedFault, type ProxyOptions } from './tcp-proxy.ts'
export { type Fault, type FaultAction } from './connection.ts'
