/**
 * What is remembered for a limited time. Every value says when it is too old, by a clock that never runs backwards, and no
 * cache grows without end. It must not know where values come from, nor keep one longer than it was told to.
 */
export { Remembered, type RememberedOptions } from './remembered.ts'
export { TimedCache } from './timed-cache.ts'
