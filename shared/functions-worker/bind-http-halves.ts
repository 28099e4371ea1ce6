import type { ServerResponse } from 'node:http'
import { asTrickleError, TrickleError } from '../errors/index.ts'
import { takeOverServer } from './library-server.ts'
import { MeetingPoint } from './meeting-point.ts'
import { problemAnswer } from './problem-answer.ts'
import type { CoreInvocation, InvocationArguments, InvocationModel, WorkerCore } from './worker-core.ts'

/**
 * Binds the two halves of every HTTP invocation. To be called when all functions are registered: the library has given
 * the worker its programming model then, which is wrapped here, and has not made its server yet.
 * @param report is told what no invocation's log says
 */
export function bindHttpHalves(core: WorkerCore, report: (message: string) => void): void {
  const model = core.getProgrammingModel()
  // A worker without a model invokes nothing, so there is nothing to bind.
  if (model === undefined) return
  let meeting: MeetingPoint | undefined
  core.setProgrammingModel({
    name: model.name,
    version: model.version,
    async getCapabilities(given) {
      const { result, taken } = takeOverServer(
        () => model.getCapabilities?.(given) ?? given,
        (request, response) => meeting?.arrive(request, response),
      )
      if (taken !== undefined) meeting = new MeetingPoint(taken.deliver, report)
      const capabilities = await result
      // Fails at the start, where it is seen, and not at the first request that is too long.
      if ('HttpUri' in capabilities && taken === undefined)
        throw new Error(
          "The HTTP server of '@azure/functions' was not found: its requests would be unbounded",
        )
      return capabilities
    },
    async getInvocationModel(invocation) {
      const inner = await model.getInvocationModel(invocation)
      return meeting !== undefined && isHttp(invocation)
        ? bound(inner, invocation.invocationId, meeting)
        : inner
    },
  })
}

function isHttp({ metadata }: CoreInvocation): boolean {
  return Object.values(metadata.bindings ?? {}).some(({ type }) => type?.toLowerCase() === 'httptrigger')
}

/**
 * An invocation that waits for its request for seconds only, and whose request is answered whatever happens: the library
 * answers nobody when it cannot read the request, when the handler throws or returns nothing, and when the answer breaks
 * off. The host waits for that answer, and with it the client.
 */
function bound(inner: InvocationModel, invocationId: string, meeting: MeetingPoint): InvocationModel {
  let response: ServerResponse | undefined

  /** By the library, so that it forgets the request. */
  async function answerInstead(refusal: TrickleError): Promise<void> {
    try {
      await inner.getResponse({ invocationId }, problemAnswer(refusal))
    } catch {
      // What has led here is the error to tell.
    }
  }

  return {
    async getArguments(): Promise<InvocationArguments> {
      response = await meeting.expect(invocationId)
      try {
        return await inner.getArguments()
      } catch (error) {
        await answerInstead(new TrickleError('VALIDATION_FAILED', UNREADABLE))
        throw error
      }
    },
    async invokeFunction(context, inputs, callback) {
      try {
        return await inner.invokeFunction(context, inputs, callback)
      } catch (error) {
        await answerInstead(asTrickleError(error))
        throw error
      }
    },
    async getResponse(context, result) {
      try {
        // The platform's own answer where a function returns nothing.
        return await inner.getResponse(context, result ?? { status: 204 })
      } catch (error) {
        // Part of it may be out: only a connection that breaks says that the rest does not come.
        response?.destroy()
        throw error
      }
    },
  }
}

const UNREADABLE =
  'The request cannot be read: its Host header, a header or a query parameter has a form that is not allowed.'
