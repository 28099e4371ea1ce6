import { isTrickleError } from '../../shared/errors/index.ts'
import type { TrickleError } from '../../shared/errors/index.ts'
import { decodeUtf8, parseExactJsonInTurns } from '../../shared/json/index.ts'
import { readEnvelopes } from '../../shared/messages/index.ts'
import type { OutgoingMessage } from '../../shared/service-bus/index.ts'

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i

/**
 * What would make a message be parked, or fail, at once. Whether its tenant exists and may act, and whether somebody
 * handles a command, is seen when it is handled. Names places, and never what stands there.
 * @returns nothing for a message that may be sent
 */
export async function problemsOfMessage(
  { body, contentType }: OutgoingMessage,
  takesEnvelopes: boolean,
): Promise<readonly string[]> {
  if (takesEnvelopes) return problemsOf(() => readEnvelopes(body))
  if (contentType === undefined || !JSON_TYPE.test(contentType)) return []
  // A handler of a context's own queue may take numbers and texts that the store does not.
  return problemsOf(
    () => parseExactJsonInTurns(decodeUtf8(body)),
    ({ code }) => code === 'MALFORMED_JSON',
  )
}

async function problemsOf(
  read: () => Promise<unknown>,
  isProblem: (error: TrickleError) => boolean = () => true,
): Promise<readonly string[]> {
  try {
    await read()
    return []
  } catch (error) {
    if (!isTrickleError(error)) throw error
    if (!isProblem(error)) return []
    const places = error.errors.map(({ pointer, message }) => `${pointer}: ${message}`)
    return places.length === 0 ? [error.detail] : places
  }
}
