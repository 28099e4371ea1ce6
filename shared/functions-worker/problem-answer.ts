import type { ServerResponse } from 'node:http'
import type { TrickleError } from '../errors/index.ts'
import { problemDocument, problemHeaders } from '../http/index.ts'

export const UNREADABLE =
  'The request cannot be read: its Host header, a header or a query parameter has a form that is not allowed.'

interface ProblemAnswer {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: string
}

/** The answer of a request that no route has seen. It has no trace of its own, and its path is not repeated. */
export function problemAnswer(error: TrickleError): ProblemAnswer {
  const {
    instance: _instance,
    traceId: _traceId,
    ...document
  } = problemDocument(error, { instance: '', traceId: '' })
  return {
    status: error.status,
    headers: { ...problemHeaders(error), 'content-type': 'application/problem+json' },
    body: JSON.stringify(document),
  }
}

/** Answers and closes the connection, without waiting for what the client still sends. */
export function answerProblem(response: ServerResponse, error: TrickleError): void {
  const { status, headers, body } = problemAnswer(error)
  // A client that has disconnected needs no answer; a write to it is no defect.
  response.on('error', () => undefined)
  response.writeHead(status, { ...headers, connection: 'close' })
  response.end(body)
}
