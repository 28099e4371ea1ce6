/**
 * What the benchmark commands share: common flags, running the parts one after the other, ending what was started when
 * a run is interrupted, and reporting the result. The code here must not know what is measured.
 */
export { commonFlags, commonOptions, COMMON_USAGE } from './common-flags.ts'
export type { Part, PartContext } from './part.ts'
export { runAsProgram, type Command } from './run.ts'
