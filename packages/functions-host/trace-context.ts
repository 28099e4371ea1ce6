/**
 * W3C trace context of an invocation: the host's own span, a child of the caller's trace when that is valid,
 * else the start of a new one. Source: W3C Trace Context, section 3.2 (traceparent).
 */
import { randomFillSync } from 'node:crypto'
import type { CoreTraceContext } from './core-api.ts'

const traceParentForm = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/
const noTrace = '0'.repeat(32)
const noSpan = '0'.repeat(16)

/** Random bytes are drawn in pools of this size: one system call for 256 requests instead of one for each. */
const poolBytes = 4_096
const pool = Buffer.alloc(poolBytes)
let used = poolBytes

function randomHex(byteCount: number): string {
  if (used + byteCount > poolBytes) {
    randomFillSync(pool)
    used = 0
  }
  used += byteCount
  return pool.toString('hex', used - byteCount, used)
}

/**
 * @param traceParent the caller's `traceparent` header; anything malformed counts as absent, as the standard says
 * @param traceState the caller's `tracestate` header, kept only together with a valid traceparent
 */
export function childTraceContext(traceParent?: string, traceState?: string): CoreTraceContext {
  const parts = traceParent === undefined ? null : traceParentForm.exec(traceParent)
  if (parts === null || parts[1] === noTrace || parts[2] === noSpan) {
    return { traceParent: `00-${randomHex(16)}-${randomHex(8)}-01`, traceState: '', attributes: {} }
  }
  return {
    traceParent: `00-${parts[1]}-${randomHex(8)}-${parts[3]}`,
    traceState: traceState ?? '',
    attributes: {},
  }
}
