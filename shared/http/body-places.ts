import { isTrickleError, TrickleError } from '../errors/index.ts'
import { jsonPointer } from '../json/index.ts'
import type { Transformed } from './route-types.ts'

/** Finds places in a body as the client sent it, although the body may have been transformed since. */
export interface BodyPlaces {
  /** The JSON pointer of a place in the form of the schema. */
  readonly pointerTo: (path: readonly PropertyKey[]) => string
  /** The handler's error, with pointers into the transformed body replaced by pointers into the body that was sent. */
  readonly translate: (error: unknown) => unknown
}

/** Without a transformation both forms are the same. */
const unchanged: BodyPlaces = { pointerTo: jsonPointer, translate: (error) => error }

export function placesOf(transformed?: Transformed): BodyPlaces {
  if (transformed === undefined) return unchanged
  const { pointerTo } = transformed
  return {
    pointerTo,
    translate(error) {
      if (!isTrickleError(error) || error.errors.length === 0) return error
      const { detail, cause, extensions, headers } = error
      const errors = error.errors.map(({ pointer, message }) => ({
        // Names of parameters and headers have no slash at their beginning.
        pointer: pointer.startsWith('/') ? pointerTo(partsOf(pointer)) : pointer,
        message,
      }))
      return new TrickleError(error, detail, { cause, extensions, headers, errors })
    },
  }
}

/** The path of a JSON pointer; RFC 6901 §4. */
function partsOf(pointer: string): string[] {
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}
