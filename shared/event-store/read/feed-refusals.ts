import { TrickleError } from '../../errors/index.ts'

export const LOG_MOVED = 'The log was restored or moved since this token was made.'

export const KEY_GONE =
  'This token was sealed with a key that the log does not have any more: the key was removed, or the log was restored or moved.'

/** The error for a token of a feed that was valid before. It says where to go on. */
export const goOnAfter = (why: string, resumeAfter: string): TrickleError =>
  new TrickleError(
    'EPOCH_ENDED',
    `${why} Go on after \`resumeAfter\`; events that you have seen already may come again.`,
    { extensions: { resumeAfter } },
  )
