/**
 * What the chosen parameters will cost by the month, in round figures, and what forces the dear parts. It counts pieces;
 * the price of a piece is in infra/sizes.json. Traffic, storage beyond the first and support plans are not in it.
 */
export { estimate, type CostLine, type Estimate } from './estimate.ts'
export { estimateText } from './estimate-text.ts'
export { monthlyCostSchema, readSizes, type Size, type Sizes } from './sizes.ts'
