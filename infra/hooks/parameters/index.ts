/**
 * The parameters of the template as they stand in the azd environment, checked for form before anything is made. Bicep
 * refuses contradictions too, minutes later and in its own words: here are the most common ones, each with its mend.
 */
export { readParameters } from './read.ts'
export type { SizeRules } from './contradictions.ts'
export { SIZE_NAMES, type Parameters, type Replica, type SizeName } from './parameters.ts'
