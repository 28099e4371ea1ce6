/**
 * W3C trace context of an invocation: a span of the host. It belongs to the caller's trace when the caller sent a valid
 * one, otherwise to a new trace. Source: W3C Trace Context, section 3.2 (traceparent).
 */
import { randomFillSync } from 'node:crypto'
import type { CoreTraceContext } from './core-api.ts'

const TRACE_PARENT_FORM = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/
const NO_TRACE = '0'.repeat(32)
const NO_SPAN = '0'.repeat(16)

/**
 * @param traceParent the caller's `traceparent` header; anything malformed counts as absent, as the standard says
 * @param traceState the caller's `tracestate` header, kept only together with a valid traceparent
 */
export function childTraceContext(traceParent?: string, traceState?: string): CoreTraceContext {
  const parts = traceParent === undefined ? null : TRACE_PARENT_FORM.exec(traceParent)
  if (parts === null || parts[1] === NO_TRACE || parts[2] === NO_SPAN) {
    return { traceParent: `00-${randomHex(16)}-${randomHex(8)}-01`, traceState: '', attributes: {} }
  }
  return {
    traceParent: `00-${parts[1]}-${randomHex(8)}-${parts[3]}`,
    traceState: traceState ?? '',
    attributes: {},
  }
}

/** Random bytes are fetched in pools of this size: one system call for 256 requests instead of one for each. */
const POOL_BYTES = 4_096
const pool = Buffer.alloc(POOL_BYTES)
let used = POOL_BYTES

function randomHex(byteCount: number): string {
  if (used + byteCount > POOL_BYTES) {
    randomFillSync(pool)
    used = 0
  }
  used += byteCount
  return pool.toString('hex', used - byteCount, used)
}
