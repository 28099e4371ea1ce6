import type { ServerResponse } from 'node:http'
import { asTrickleError, TrickleError } from '../errors/index.ts'
import type { RequestListener } from './library-server.ts'
import type { MeetingPoint } from './meeting-point.ts'
import { problemAnswer, UNREADABLE } from './problem-answer.ts'
import type { InvocationArguments, InvocationModel } from './worker-core.ts'

/**
 * An invocation of another HTTP function, which gets the library's request. It waits only seconds for its request, and
 * its request is answered whatever happens. The library gives no answer when it cannot read the request, when the
 * handler throws or returns nothing, and when the answer breaks off. The host and the client would wait for that answer.
 * @param deliver gives a request to the library
 */
export function libraryInvocation(
  inner: InvocationModel,
  invocationId: string,
  meeting: MeetingPoint,
  deliver: RequestListener,
): InvocationModel {
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
      const arrived = await meeting.expect(invocationId)
      response = arrived.response
      deliver(arrived.request, arrived.response)
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
