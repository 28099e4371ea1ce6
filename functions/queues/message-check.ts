import { isTrickleError } from '../../shared/errors/index.ts'
import { decodeUtf8, parseExactJsonInTurns } from '../../shared/json/index.ts'
import type { OutgoingMessage } from '../../shared/service-bus/index.ts'

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i

/**
 * What would make a message fail at once. Names places, and never what stands there.
 * @returns nothing for a message that may be sent
 */
export async function problemsOfMessage({ body, contentType }: OutgoingMessage): Promise<readonly string[]> {
  if (contentType === undefined || !JSON_TYPE.test(contentType)) return []
  try {
    await parseExactJsonInTurns(decodeUtf8(body))
    return []
  } catch (error) {
    if (!isTrickleError(error)) throw error
    // A handler of a context's own queue may take numbers and texts that the store does not.
    return error.code === 'MALFORMED_JSON' ? [error.detail] : []
  }
}
