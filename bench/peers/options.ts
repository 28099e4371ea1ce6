import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { instanceLimits } from '../../shared/postgres/index.ts'
import { commonFlags, commonOptions, COMMON_USAGE } from '../command/index.ts'
import { FlagReader } from '../../packages/command-flags/index.ts'
import type { CommonOptions } from '../report/index.ts'
import { STATEMENT_MODES } from '../stage/index.ts'
import type { StatementMode } from '../stage/index.ts'
import type { LocateOptions, PeerTools } from './tools/index.ts'

export const PART_NAMES = [
  'append',
  'hot',
  'read',
  'coalesced',
  'pgbench',
  'trips',
  'projections',
  'door',
] as const
/** The parts that compare with Marten. It must be compiled for them. */
const MARTEN_PARTS: ReadonlySet<PartName> = new Set(['append', 'hot', 'read', 'projections', 'door'])
export type PartName = (typeof PART_NAMES)[number]

export interface PeersOptions extends CommonOptions {
  /** Callers of the single append. */
  readonly concurrencies: readonly number[]
  /** Statement mode of ours and of the bare INSERT. The peers use their own. */
  readonly mode: StatementMode
  /** Added to each round trip on loopback. */
  readonly roundTripMs: number
  readonly tools: PeerTools
}

/** One caller, the HTTP requests that a deployed instance takes at once, and numbers below and above that. */
const CONCURRENCIES = [1, 4, 8, instanceLimits.httpConcurrency, 32, 64]

const resultsFolder = fileURLToPath(new URL('../../bench-results', import.meta.url))

export const usage = `npm run bench:peers -- [SECTION...] [flags]

Sections: ${PART_NAMES.join(', ')}; all of them when none is named.
${COMMON_USAGE}
  --concurrency ${CONCURRENCIES.join()}  callers of the single append
  --mode named            statements of ours and of the bare INSERT: named or unnamed
  --round-trip-ms N       what a round trip takes longer than on loopback, as to a server elsewhere (default 0)
  --folder FOLDER         where the peers' packages are put and kept (default bench-results/peers)
  --no-install            takes what the folder has and leaves the rest out
  --message-db FOLDER     message-db's own \`database\` folder instead of its package`

export interface PeersCommand {
  readonly sections: readonly PartName[]
  readonly options: Omit<PeersOptions, 'tools'>
  readonly locate: LocateOptions
  readonly outFile: string | undefined
}

/** Reads the command line. @throws UsageError with what is wrong and the usage. */
export function parsePeersCommand(args: readonly string[], defaultConnections: number): PeersCommand {
  const flags = new FlagReader(usage)
  const { values, positionals } = flags.parse(() => parse(args))
  const [mode = 'named'] =
    values.mode === undefined ? [] : flags.choices('--mode', values.mode, STATEMENT_MODES)
  const sections = flags.parts(positionals, PART_NAMES)
  return {
    sections,
    options: {
      ...commonOptions(flags, values, defaultConnections),
      concurrencies: flags.counts('--concurrency', values.concurrency, CONCURRENCIES, 256),
      mode,
      roundTripMs: flags.count('--round-trip-ms', values['round-trip-ms'], 0, 0, 1_000),
    },
    locate: {
      folder: resolve(values.folder ?? join(resultsFolder, 'peers')),
      install: values['no-install'] !== true,
      messageDbFolder: values['message-db'],
      needsMarten: sections.some((name) => MARTEN_PARTS.has(name)),
    },
    outFile: values.out,
  }
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...commonFlags,
      concurrency: text,
      mode: text,
      'round-trip-ms': text,
      folder: text,
      'message-db': text,
      'no-install': { type: 'boolean' },
    },
  })
}
