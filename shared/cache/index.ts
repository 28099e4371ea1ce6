/**
 * Values that are remembered for a limited time. Every value has a time at which it is too old, on a clock that never
 * runs backwards unless the caller gives another one. No cache grows without end. This code must not know where values
 * come from, nor keep a value longer than it was told to.
 */
export { Remembered, type RememberedOptions } from './remembered.ts'
export { TimedCache } from './timed-cache.ts'
