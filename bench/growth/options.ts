import { parseArgs } from 'node:util'
import { commonFlags, commonOptions, COMMON_USAGE } from '../command/index.ts'
import { FlagReader } from '../../packages/command-flags/index.ts'
import type { CommonOptions } from '../report/index.ts'

export const PART_NAMES = ['growth'] as const
export type PartName = (typeof PART_NAMES)[number]

export interface GrowthOptions extends CommonOptions {
  /** Numbers of events in the log, the smallest first. */
  readonly sizes: readonly number[]
  readonly tenantCounts: readonly number[]
}

/** Events are stored in blocks of this many, so every size is a multiple (see seed.ts). */
export const BLOCK_EVENTS = 10_000

const SIZES = [BLOCK_EVENTS, 1_000_000, 10_000_000] as const
const largestLog = { long: 1_000_000, short: BLOCK_EVENTS } as const

export const USAGE = `npm run bench:growth -- [flags]

${COMMON_USAGE}
  --to N                  events of the largest log (default ${largestLog.long}); ${SIZES.join(', ')} and N itself are measured
  --tenants 10,10000      numbers of tenants; the first is that of the smallest log`

/** Reads the command line. @throws UsageError with what is wrong and the usage. */
export function parseGrowthCommand(args: readonly string[], defaultConnections: number) {
  const flags = new FlagReader(USAGE)
  const text = { type: 'string' } as const
  const { values } = flags.parse(() =>
    parseArgs({ args: [...args], options: { ...commonFlags, to: text, tenants: text } }),
  )
  const common = commonOptions(flags, values, defaultConnections)
  const fallback = common.isShort ? largestLog.short : largestLog.long
  const to = flags.count('--to', values.to, fallback, BLOCK_EVENTS, 100_000_000)
  if (to % BLOCK_EVENTS !== 0) throw flags.wrong(`--to takes a multiple of ${BLOCK_EVENTS}, not "${to}".`)
  const options: GrowthOptions = {
    ...common,
    sizes: [...new Set([...SIZES.filter((size) => size < to), to])],
    tenantCounts: flags.counts('--tenants', values.tenants, [10, 10_000], 100_000),
  }
  return { sections: [...PART_NAMES], options, outFile: values.out }
}
