import type { IncomingMessage, ServerResponse } from 'node:http'
import { TrickleError } from '../errors/index.ts'
import { answerProblem } from './problem-answer.ts'

/** By this header the platform tells which invocation a request belongs to. */
export const INVOCATION_HEADER = 'x-ms-invocation-id'

/**
 * The halves are sent at the same moment; the host tries to connect ten times within about two seconds
 * (azure-functions-host, RetryProxyHandler.cs). A half that is not here after this many ticks will not come.
 */
const TICKS_OF_PATIENCE = 5
const TICK_MS = 1_000

/** A request as it came to the library's server. */
export interface Arrived {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

interface WaitingRequest extends Arrived {
  ticks: number
}

interface WaitingInvocation {
  readonly met: (arrived: Arrived) => void
  readonly lost: (error: Error) => void
  ticks: number
}

/**
 * Where both halves of an invocation wait for each other, in whichever order they come. A lost half is reported here.
 * A request goes on only together with its invocation, so nothing waits in the library and nothing stays in its tables.
 *
 * Time is counted in ticks of one clock and not by a timer each: while the process is busy no tick passes, so a half
 * that lies unread in a socket is not taken for lost.
 */
export class MeetingPoint {
  readonly #requests = new Map<string, WaitingRequest>()
  readonly #invocations = new Map<string, WaitingInvocation>()
  readonly #report: (message: string) => void
  #clock: NodeJS.Timeout | undefined

  /** @param report is told of requests without an invocation, which nobody else would see */
  constructor(report: (message: string) => void) {
    this.#report = report
  }

  /** A request has come to the library's server. */
  arrive(request: IncomingMessage, response: ServerResponse): void {
    const invocationId = request.headers[INVOCATION_HEADER]
    if (typeof invocationId !== 'string' || this.#requests.has(invocationId)) {
      const detail = 'This address is for the Functions host alone. Call the address of the Functions host.'
      answerProblem(response, new TrickleError('VALIDATION_FAILED', detail))
      return
    }
    const invocation = this.#invocations.get(invocationId)
    if (invocation === undefined) {
      this.#requests.set(invocationId, { request, response, ticks: 0 })
      this.#startClock()
      return
    }
    this.#invocations.delete(invocationId)
    invocation.met({ request, response })
  }

  /**
   * Resolves with this invocation's request when it has come.
   * @throws TrickleError REQUEST_LOST when it does not come
   */
  expect(invocationId: string): Promise<Arrived> {
    const waiting = this.#requests.get(invocationId)
    if (waiting !== undefined) {
      this.#requests.delete(invocationId)
      return Promise.resolve(waiting)
    }
    return new Promise((met, lost) => {
      this.#invocations.set(invocationId, { met, lost, ticks: 0 })
      this.#startClock()
    })
  }

  /** The clock runs only while something waits, and never keeps the process alive. */
  #startClock(): void {
    this.#clock ??= setInterval(() => this.#tick(), TICK_MS).unref()
  }

  #tick(): void {
    for (const [id, waiting] of this.#invocations) if (isPastPatience(waiting)) this.#loseRequest(id, waiting)
    for (const [id, waiting] of this.#requests) if (isPastPatience(waiting)) this.#loseInvocation(id, waiting)
    if (this.#invocations.size > 0 || this.#requests.size > 0) return
    clearInterval(this.#clock)
    this.#clock = undefined
  }

  #loseRequest(invocationId: string, { lost }: WaitingInvocation): void {
    this.#invocations.delete(invocationId)
    lost(
      new TrickleError(
        'REQUEST_LOST',
        "The request of this invocation has not reached the worker's HTTP server: the client has disconnected, or the request was refused on the way. Nothing was done.",
      ),
    )
  }

  #loseInvocation(invocationId: string, { response }: WaitingRequest): void {
    this.#requests.delete(invocationId)
    this.#report("A request has reached the worker's HTTP server and its invocation has not; it was refused.")
    const detail = `No invocation belongs to this request. Send it again, without a header ${INVOCATION_HEADER} of your own.`
    answerProblem(response, new TrickleError('REQUEST_LOST', detail))
  }
}

function isPastPatience(waiting: { ticks: number }): boolean {
  waiting.ticks += 1
  return waiting.ticks > TICKS_OF_PATIENCE
}
