import type { CommonOptions } from '../report/index.ts'
import type { FlagReader } from '../../packages/command-flags/index.ts'

const text = { type: 'string' } as const

/** The flags of every benchmark command, in the form of Node's `parseArgs`. */
export const commonFlags = {
  short: { type: 'boolean' },
  rounds: text,
  'turn-ms': text,
  connections: text,
  out: text,
} as const

interface CommonValues {
  readonly short?: boolean | undefined
  readonly rounds?: string | undefined
  readonly 'turn-ms'?: string | undefined
  readonly connections?: string | undefined
}

const long = { rounds: 5, turnMs: 1_000 } as const
const short = { rounds: 3, turnMs: 150 } as const

/** The median of fewer than five rounds means nothing, so only the short form may have fewer. */
export function commonOptions(
  flags: FlagReader,
  values: CommonValues,
  defaultConnections: number,
): CommonOptions {
  const isShort = values.short === true
  const form = isShort ? short : long
  return {
    isShort,
    rounds: flags.count('--rounds', values.rounds, form.rounds, isShort ? 1 : long.rounds, 1_000),
    turnMs: flags.count('--turn-ms', values['turn-ms'], form.turnMs, 1, 600_000),
    connections: flags.count('--connections', values.connections, defaultConnections, 1, 40),
  }
}

export const COMMON_USAGE = `  --short                 3 small rounds, for CI; a figure of it is a smoke signal and no measurement
  --rounds N              rounds of each comparison (default 5; at least 5 unless --short)
  --turn-ms N             length of one turn of one side (default 1000)
  --connections N         size of the pools (default: that of the deployed HTTP pool)
  --out FILE              where the JSON goes (default bench-results/COMMAND-TIME.json)`
