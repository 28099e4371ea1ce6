import type { ServerResponse } from 'node:http'
import { asTrickleError, TrickleError } from '../errors/index.ts'
import { takeOverServer } from './library-server.ts'
import { MeetingPoint } from './meeting-point.ts'
import { problemAnswer } from './problem-answer.ts'
import type { CoreInvocation, InvocationArguments, InvocationModel, WorkerCore } from './worker-core.ts'

/**
 * Binds the two halves of every HTTP invocation. It must be called when all functions are registered. By then the
 * library has given the worker its programming model, which is wrapped here, but has not made its server yet.
 * @param report gets messages that belong to no invocation's log
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
 * An invocation that waits only seconds for its request, and whose request is answered whatever happens. The library
 * gives no answer when it cannot read the request, when the handler throws or returns nothing, and when the answer
 * breaks off. The host and the client would wait for that answer.
 */
function bound(inner: InvocationModel, invocationId: string, meeting: MeetingPoint): InvocationModel {
  let response: ServerResponse | undefined

  /** The answer is given to the library, so that the library forgets the request. */
  async function answerInstead(refusal: TrickleError): Promise<void> {
    try {
      await inner.getResponse({ invocationId }, problemAnswer(refusal))
    } catch {
      // The caller throws the error that has led here: that one is to be reported.
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
        // 204 is the platform's own answer if a function returns nothing.
        return await inner.getResponse(context, result ?? { status: 204 })
      } catch (error) {
        // Part of the answer may be sent already. Only a broken connection tells the client that the rest does not
        // come.
        response?.destroy()
        throw error
      }
    },
  }
}

const UNREADABLE =
  'The request cannot be read: its Host header, a header or a query parameter has a form that is not allowed.'
