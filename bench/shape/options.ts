import { parseArgs } from 'node:util'
import { commonFlags, commonOptions, commonUsage, FlagReader } from '../command/index.ts'
import type { CommonOptions } from '../report/index.ts'
import { statementModes, type StatementMode } from '../stage/index.ts'
import { partNames, type PartName } from './variants.ts'

export interface ShapeOptions extends CommonOptions {
  /** Stored in each form before anything is measured. */
  readonly events: number
  readonly modes: readonly StatementMode[]
}

/** Indexes have three levels then, and an insert meets as many pages as one into a grown log. */
const EVENTS = { long: 200_000, short: 2_000 } as const

export const usage = `npm run bench:shape -- [SECTION...] [flags]

Sections: ${partNames.join(', ')}; all of them when none is named.
${commonUsage}
  --events N              stored in each form beforehand (default ${EVENTS.long})
  --modes unnamed,named   statement modes of the appends`

/** Reads the command line. @throws UsageError with what is wrong and the usage. */
export function parseShapeCommand(args: readonly string[], defaultConnections: number) {
  const flags = new FlagReader(usage)
  const { values, positionals } = flags.parse(() =>
    parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...commonFlags, events: { type: 'string' }, modes: { type: 'string' } },
    }),
  )
  const common = commonOptions(flags, values, defaultConnections)
  const options: ShapeOptions = {
    ...common,
    events: flags.count(
      '--events',
      values.events,
      common.isShort ? EVENTS.short : EVENTS.long,
      2_000,
      100_000_000,
    ),
    modes: flags.choices('--modes', values.modes, statementModes),
  }
  const sections: readonly PartName[] = flags.parts(positionals, partNames)
  return { sections, options, outFile: values.out }
}
