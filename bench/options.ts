import { parseArgs } from 'node:util'
import { instanceLimits } from '../shared/postgres/index.ts'
import { commonFlags, commonOptions, COMMON_USAGE } from './command/index.ts'
import { FlagReader } from '../packages/command-flags/index.ts'
import { SECTION_NAMES } from './sections/index.ts'
import type { BenchOptions, SectionName } from './sections/index.ts'
import { STATEMENT_MODES } from './stage/index.ts'

/** One caller, the HTTP requests that a deployed instance takes at once, and numbers below and above that. */
const CONCURRENCIES = [1, 8, instanceLimits.httpConcurrency, 32]

export const usage = `npm run bench -- [SECTION...] [flags]

Sections: ${SECTION_NAMES.join(', ')}; all of them when none is named.
${COMMON_USAGE}
  --start-rounds N        rounds of the section start (default 7; at least 7 unless --short)
  --concurrency ${CONCURRENCIES.join()}  callers at once
  --batches 1,10          events of one append
  --modes unnamed,named   statement modes
  --hot                   append: all to one stream instead of many
  --full                  forward: also at a million stored events (minutes)`

/** A start gives one single sample. A turn averages over a second, so fewer turns than starts are needed. */
const startRounds = { long: 7, short: 3 } as const

export interface SectionsCommand {
  readonly sections: readonly SectionName[]
  readonly options: BenchOptions
  readonly outFile: string | undefined
}

/** Reads the command line. @throws UsageError with what is wrong and the usage. */
export function parseCommand(args: readonly string[], defaultConnections: number): SectionsCommand {
  const flags = new FlagReader(usage)
  const { values, positionals } = flags.parse(() => parse(args))
  const common = commonOptions(flags, values, defaultConnections)
  const { isShort } = common
  const options: BenchOptions = {
    ...common,
    startRounds: flags.count(
      '--start-rounds',
      values['start-rounds'],
      isShort ? startRounds.short : startRounds.long,
      isShort ? 1 : startRounds.long,
      1_000,
    ),
    concurrencies: flags.counts('--concurrency', values.concurrency, CONCURRENCIES, 256),
    batches: flags.counts('--batches', values.batches, [1, 10], 1_000),
    modes: flags.choices('--modes', values.modes, STATEMENT_MODES),
    isHot: values.hot === true,
    isFull: values.full === true,
  }
  return { sections: flags.parts(positionals, SECTION_NAMES), options, outFile: values.out }
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...commonFlags,
      'start-rounds': text,
      concurrency: text,
      batches: text,
      modes: text,
      hot: flag,
      full: flag,
    },
  })
}
