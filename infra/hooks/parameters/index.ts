/**
 * The parameters of the template as they stand in the azd environment, checked for form before anything is made. Bicep
 * refuses contradictions too, but minutes later and in its own words. The most common ones are refused here, each with
 * the way to correct it.
 */
export { readParameters } from './read.ts'
export type { SizeRules } from './contradictions.ts'
export { SIZE_NAMES, type Parameters, type Replica, type SizeName } from './parameters.ts'
