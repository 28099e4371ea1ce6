import { parseArgs } from 'node:util'
import { sectionNames, type BenchOptions, type SectionName } from './sections/index.ts'
import { statementModes, type StatementMode } from './stage/index.ts'

/** Told to whoever calls it wrongly; exit code 2. */
export class UsageError extends Error {}

export const usage = `npm run bench -- [SECTION...] [flags]

Sections: ${sectionNames.join(', ')}; all of them when none is named.
  --short                 3 small rounds, for CI; a figure of it is a smoke signal and no measurement
  --rounds N              rounds of each comparison (default 5; at least 5 unless --short)
  --start-rounds N        rounds of the section start (default 7; at least 7 unless --short)
  --turn-ms N             length of one turn of one side (default 1000)
  --connections N         size of the pools (default: that of the deployed HTTP pool)
  --concurrency 1,8,32    callers at once
  --batches 1,10          events of one append
  --modes unnamed,named   statement modes
  --hot                   append: all to one stream instead of many
  --full                  forward: also at a million stored events (minutes)
  --out FILE              where the JSON goes (default bench-results/TIME.json)`

const LONG = { rounds: 5, startRounds: 7, turnMs: 1_000 } as const
const SHORT = { rounds: 3, startRounds: 3, turnMs: 150 } as const

export interface Command {
  readonly sections: readonly SectionName[]
  readonly options: BenchOptions
  readonly outFile: string | undefined
}

/** Reads the command line. @throws UsageError with what is wrong and the usage. */
export function parseCommand(args: readonly string[], defaultConnections: number): Command {
  const { values, positionals } = parse(args)
  const isShort = values.short === true
  const form = isShort ? SHORT : LONG
  const options: BenchOptions = {
    isShort,
    rounds: count('--rounds', values.rounds, form.rounds, isShort ? 1 : LONG.rounds, 1_000),
    startRounds: count(
      '--start-rounds',
      values['start-rounds'],
      form.startRounds,
      isShort ? 1 : LONG.startRounds,
      1_000,
    ),
    turnMs: count('--turn-ms', values['turn-ms'], form.turnMs, 1, 600_000),
    connections: count('--connections', values.connections, defaultConnections, 1, 40),
    concurrencies: counts('--concurrency', values.concurrency, [1, 8, 32], 256),
    batches: counts('--batches', values.batches, [1, 10], 1_000),
    modes: modes(values.modes),
    isHot: values.hot === true,
    isFull: values.full === true,
  }
  return { sections: sectionsOf(positionals), options, outFile: values.out }
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        short: flag,
        rounds: text,
        'start-rounds': text,
        'turn-ms': text,
        connections: text,
        concurrency: text,
        batches: text,
        modes: text,
        hot: flag,
        full: flag,
        out: text,
      },
    })
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error))
  }
}

function sectionsOf(names: readonly string[]): SectionName[] {
  const unknown = names.find((name) => !sectionNames.some((known) => known === name))
  if (unknown !== undefined) throw wrong(`There is no section "${unknown}".`)
  return names.length === 0 ? [...sectionNames] : sectionNames.filter((name) => names.includes(name))
}

function count(flag: string, text: string | undefined, fallback: number, min: number, max: number): number {
  if (text === undefined) return fallback
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= min && value <= max) return value
  throw wrong(`${flag} takes a whole number from ${min} to ${max}, not "${text}".`)
}

function counts(flag: string, text: string | undefined, fallback: number[], max: number): number[] {
  return text === undefined ? fallback : text.split(',').map((part) => count(flag, part, 0, 1, max))
}

function modes(text: string | undefined): StatementMode[] {
  if (text === undefined) return [...statementModes]
  return text.split(',').map((name) => {
    const mode = statementModes.find((known) => known === name)
    if (mode === undefined) throw wrong(`--modes takes ${statementModes.join(',')}, not "${name}".`)
    return mode
  })
}

const wrong = (what: string): UsageError => new UsageError(`${what}\n\n${usage}`)
