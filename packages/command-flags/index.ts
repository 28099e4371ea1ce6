/**
 * Flags of a command: what somebody typed becomes numbers and choices, or a usage error that says what is wrong.
 *
 * Invariants: nothing is guessed, and a value out of its bounds is refused; the program that catches a usage error ends
 * with exit code 2. It must not print, and must not know what a flag is for.
 */
export { FlagReader } from './flag-reader.ts'
export { UsageError } from './usage-error.ts'
