import { TrickleError } from '../../errors/index.ts'
import type { Expectation } from '../types.ts'

/** 412 with the stream's version, so that the caller can read what it missed and decide again. */
export function versionConflict(
  streamId: string,
  expected: Expectation,
  currentVersion: number,
): TrickleError {
  const state = currentVersion === 0 ? 'has no events' : `is at version ${currentVersion}`
  return new TrickleError(
    'VERSION_CONFLICT',
    `The stream ${streamId} ${state}; this request requires ${describe(expected)}. Read what is new, then decide again. Nothing was written.`,
    {
      extensions: {
        streamId,
        currentVersion,
        expected: expected.mode === 'version' ? expected.version : expected.mode,
      },
      headers: currentVersion === 0 ? {} : { ETag: `"${currentVersion}"` },
    },
  )
}

function describe(expected: Expectation): string {
  switch (expected.mode) {
    case 'none':
      return 'that it does not exist'
    case 'exists':
      return 'that it exists'
    case 'version':
      return `version ${expected.version}`
    case 'any':
      return 'nothing'
  }
}
