/**
 * What the chosen parameters will cost by the month, in round figures, and what forces the expensive parts. It counts
 * pieces; the price of a piece is in infra/sizes.json. Not included: traffic, storage beyond the first size, and
 * support plans.
 */
export { estimate, type CostLine, type Estimate } from './estimate.ts'
export { estimateText } from './estimate-text.ts'
export { monthlyCostSchema, readSizes, type Size, type Sizes } from './sizes.ts'
