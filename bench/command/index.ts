/**
 * What the benchmark commands have in common: their shared flags, running parts one after the other, ending what was started when a
 * run is broken off, and telling the result. It must not know what is measured.
 */
export { commonFlags, commonOptions, COMMON_USAGE } from './common-flags.ts'
export type { Part, PartContext } from './part.ts'
export { runAsProgram, type Command } from './run.ts'
