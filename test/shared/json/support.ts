import { isTrickleError } from '../../../shared/errors/index.ts'
import type { TrickleError } from '../../../shared/errors/index.ts'

/** The TrickleError that `action` throws, or undefined; any other error is thrown on, so that it fails the test. */
export function refusalOf(action: () => unknown): TrickleError | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    if (isTrickleError(error)) return error
    throw error
  }
}
