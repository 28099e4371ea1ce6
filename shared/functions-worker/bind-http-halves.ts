import { TrickleError } from '../errors/index.ts'
import { takeOverServer } from './library-server.ts'
import { MeetingPoint } from './meeting-point.ts'
import { problemAnswer } from './problem-answer.ts'
import type { CoreInvocation, InvocationArguments, InvocationModel, WorkerCore } from './worker-core.ts'

/**
 * Binds the two halves of every HTTP invocation. To be called when all functions are registered: the library has given
 * the worker its programming model then, which is wrapped here, and has not made its server yet.
 * @param report is told what no invocation's log says
 * @throws Error when the library has given the worker no model
 */
export function bindHttpHalves(core: WorkerCore, report: (message: string) => void): void {
  const model = core.getProgrammingModel()
  if (model === undefined) throw new Error('No function is registered, so there is nothing to bind')
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

function bound(inner: InvocationModel, invocationId: string, meeting: MeetingPoint): InvocationModel {
  return {
    async getArguments(): Promise<InvocationArguments> {
      await meeting.expect(invocationId)
      try {
        return await inner.getArguments()
      } catch (error) {
        await answerUnreadable(inner, invocationId)
        throw error
      }
    },
    invokeFunction: (context, inputs, callback) => inner.invokeFunction(context, inputs, callback),
    getResponse: (context, result) => inner.getResponse(context, result),
  }
}

/**
 * Answers a request that the library could not make a `Request` of (a Host header that is no host, a `Headers` of the
 * query in its place). The invocation fails then, and without this its client, and the host with it, would wait on.
 */
async function answerUnreadable(inner: InvocationModel, invocationId: string): Promise<void> {
  const detail =
    'The request cannot be read: its Host header, a header or a query parameter has a form that is not allowed.'
  await inner
    .getResponse({ invocationId }, problemAnswer(new TrickleError('VALIDATION_FAILED', detail)))
    // The first error is the one to tell.
    .catch(() => undefined)
}
