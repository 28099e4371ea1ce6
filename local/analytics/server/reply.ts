import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ServerResponse } from 'node:http'
import type { KustoFailure } from '../failure.ts'
import { errorBody } from '../wire/index.ts'
import type { RequestIds } from '../wire/index.ts'

/** An answer that is not sent yet. A body in pieces is produced while it is sent. */
export interface Reply {
  readonly status: number
  readonly body: string | Iterable<string>
}

export function jsonReply(status: number, value: unknown): Reply {
  return { status, body: JSON.stringify(value) }
}

export function failureReply(failure: KustoFailure, ids: RequestIds): Reply {
  return jsonReply(failure.status, errorBody(failure, ids))
}

/** Drops an answer without sending it, and ends the SQL statement that its body reads from. */
export function dropReply(reply: Reply): void {
  if (typeof reply.body === 'string') return
  reply.body[Symbol.iterator]().return?.()
}

export async function sendReply(response: ServerResponse, reply: Reply, ids: RequestIds): Promise<void> {
  if (response.destroyed) {
    dropReply(reply)
    return
  }
  response.writeHead(reply.status, {
    'content-type': 'application/json; charset=utf-8',
    'x-ms-client-request-id': ids.clientRequestId.replaceAll(/[^\x20-\x7e]/gu, '?'),
    'x-ms-activity-id': ids.activityId,
  })
  if (typeof reply.body === 'string') {
    response.end(reply.body)
    return
  }
  try {
    await pipeline(Readable.from(reply.body, { objectMode: true }), response)
  } catch {
    // The client has disconnected. The pipeline has ended the body.
    response.destroy()
  }
}
