import { isTrickleError } from '../errors/index.ts'

/** Told of what was appended, by whom it does not matter: readers of the feed may have something to do. */
export type OnAppended = () => void

/**
 * The outcome of an append, after it was told. One whose outcome is unknown may have been committed, and an append that
 * was found to be a repetition may be the repetition of one whose process died before it could tell.
 */
export async function toldWhenAppended<Result>(append: Promise<Result>, told: OnAppended): Promise<Result> {
  try {
    const result = await append
    told()
    return result
  } catch (error) {
    if (isTrickleError(error) && error.code === 'OUTCOME_UNKNOWN') told()
    throw error
  }
}
