import type { Parameters, SizeName } from '../parameters/index.ts'
import type { Estimate } from './estimate.ts'
import type { Size } from './sizes.ts'

/**
 * Rounds to 5 dollars below 100, to 10 below 1,000 and to 50 above: nobody should take the estimate for a quotation.
 */
export function roundUsd(amount: number): number {
  const step = amount < 100 ? 5 : amount < 1000 ? 10 : 50
  return Math.max(step, Math.round(amount / step) * step)
}

/** Room for the longest part, `Geo-redundant backup`. */
const PART_WIDTH = 22

/** The estimate as lines to print. */
export function estimateText({ lines, usdPerMonth }: Estimate, parameters: Parameters, size: Size): string[] {
  const { asOf, source } = size.monthlyCost
  const origin = source === 'estimate' ? `estimated ${asOf}` : `${asOf}, ${source}`
  return [
    `Size ${parameters.size}, ${parameters.network} network: about ${dollars(usdPerMonth)} a month (${origin}; prices differ by region).`,
    ...lines.map(
      (line) => `  ${line.part.padEnd(PART_WIDTH)} ${dollars(line.usdPerMonth).padStart(7)}  ${line.because}`,
    ),
    ...(remarks[parameters.size] ?? []),
    '  Not in it: traffic beyond light use, storage that grows, logs above it, support plans, taxes.',
  ]
}

/** What somebody who has chosen the size should know before the bill comes. */
const remarks: { readonly [Name in SizeName]?: readonly string[] } = {
  dev: ['  dev is Burstable: it does not exercise PgBouncer, replicas, a standby or an elastic cluster.'],
  trial: [
    '  trial shows the whole product, but for a standby. When you have seen it: azd down --force, or TRICKLE_SIZE=dev',
    '  in a new environment. Data Explorer stops after five days without use and is started again by hand.',
  ],
}

const dollars = (amount: number): string => `$${roundUsd(amount).toLocaleString('en-US')}`
