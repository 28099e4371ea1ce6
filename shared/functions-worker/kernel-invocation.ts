import { InvocationContext } from '@azure/functions'
import type { LogLevel, TraceContext } from '@azure/functions'
import { format } from 'node:util'
import { asTrickleError, TrickleError } from '../errors/index.ts'
import type { Answer } from '../http/index.ts'
import type { Arrived, MeetingPoint } from './meeting-point.ts'
import { answerProblem, UNREADABLE } from './problem-answer.ts'
import type { CoreInvocation, CoreRequest, InvocationArguments, InvocationModel } from './worker-core.ts'
import { workerRequest } from './worker-request.ts'
import { writeAnswer } from './write-answer.ts'

/**
 * An invocation of a route of the kernel. Its request is read from the platform's connection and its answer written to
 * it, without the library's objects of the fetch standard: they were most of what the cheapest request took.
 * Everything else (registration, hooks, logs, the invocation's context) is as the library has it.
 */
export class KernelInvocation implements InvocationModel {
  readonly #core: CoreInvocation
  readonly #meeting: MeetingPoint
  #arrived: Arrived | undefined

  constructor(core: CoreInvocation, meeting: MeetingPoint) {
    this.#core = core
    this.#meeting = meeting
  }

  async getArguments(): Promise<InvocationArguments> {
    const { invocationId, metadata, request: sent } = this.#core
    const arrived = await this.#meeting.expect(invocationId)
    this.#arrived = arrived
    const context = new InvocationContext({
      invocationId,
      functionName: metadata.name ?? '',
      logHandler: (level: LogLevel, ...parts: unknown[]) => this.#core.log(level, 'user', format(...parts)),
      traceContext: traceContextOf(sent),
    })
    try {
      const request = workerRequest(arrived.request, arrived.response, sent.triggerMetadata ?? {})
      return { context, inputs: [request] }
    } catch (error) {
      this.#refuse(new TrickleError('VALIDATION_FAILED', UNREADABLE))
      throw error
    }
  }

  async invokeFunction(
    context: object,
    inputs: unknown[],
    callback: (...inputs: unknown[]) => unknown,
  ): Promise<unknown> {
    try {
      return await callback(...inputs, context)
    } catch (error) {
      // The kernel never throws; a hook of somebody else that wraps its handler may.
      this.#refuse(asTrickleError(error))
      throw error
    }
  }

  /** The host has its answer over the connection, so the invocation itself brings none. */
  async getResponse(_context: object, result: unknown): Promise<unknown> {
    const { invocationId } = this.#core
    const response = this.#arrived?.response
    if (response === undefined) throw new Error('An invocation is answered whose request has not come')
    try {
      await writeAnswer(response, result as Answer, invocationId)
    } catch (error) {
      // Part of the answer may be sent already. Only a broken connection tells the client that the rest does not come.
      response.destroy()
      throw error
    }
    return { invocationId, outputData: [] }
  }

  #refuse(refusal: TrickleError): void {
    if (this.#arrived !== undefined) answerProblem(this.#arrived.response, refusal)
  }
}

function traceContextOf({ traceContext }: CoreRequest): TraceContext {
  const { traceParent, traceState, attributes } = traceContext ?? {}
  return {
    ...(typeof traceParent === 'string' ? { traceParent } : {}),
    ...(typeof traceState === 'string' ? { traceState } : {}),
    ...(attributes === undefined || attributes === null ? {} : { attributes }),
  }
}
