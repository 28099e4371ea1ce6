import { parseArgs } from 'node:util'
import type { PostgresVersion } from '../local/postgres/index.ts'

/** Told to whoever calls it wrongly; exit code 2. */
export class UsageError extends Error {}

export const usage = `npm run soak -- [flags]

Appends from several processes while things go wrong, reads along, and reconciles every event at the end.
  --appends N      commands to send (default 20000)
  --minutes M      go on for so long instead; with --appends, for so long at most
  --seed N         repeats the choices of a run; their order depends on the machine (default: the time)
  --processes N    writer processes (default 3, at least 2)
  --callers N      callers of each process (default 8), beside two slow ones
  --writer-kills N how often a writer process is killed (default: every 25000 appends,
                   or twice a minute; twice at least)
  --kill-every MS  mean time between two killed connections of the server (default 150)
  --cuts N         of a thousand appends that take the way through the proxy so many are disturbed (default 40)
  --durable        the server syncs its files
  --postgres N     17 or 18 (default 18)
  --out FILE       where the JSON goes (default soak-results/TIME.json)

npm run soak -- --foreign SECONDS [--rate N] [--seed N] [--durable] [--postgres N] [--out FILE]

Appends at a steady rate (default 50 a second) beside a refresh and an idle transaction of others that last so long, and
measures how late a reader sees each event.`

export interface SoakOptions {
  /** The run ends when so many are made. */
  readonly appends: number
  /** Or when it has lasted so long; null: however long it takes. */
  readonly minutes: number | null
  readonly seed: number
  readonly processes: number
  readonly callers: number
  readonly slowCallers: number
  readonly writerKills: number
  readonly killEveryMs: number
  readonly cutsPerThousand: number
  readonly durable: boolean
  readonly postgres: PostgresVersion
  readonly progressEveryMs: number
}

export interface ForeignOptions {
  readonly seconds: number
  readonly appendsPerSecond: number
  readonly durable: boolean
  readonly postgres: PostgresVersion
}

export type Command = { readonly outFile: string | undefined } & (
  | { readonly kind: 'soak'; readonly soak: SoakOptions }
  | { readonly kind: 'foreign'; readonly foreign: ForeignOptions }
)

const APPENDS_PER_WRITER_KILL = 25_000
const WRITER_KILLS_PER_MINUTE = 2
/** More than a machine can do, so that the time ends the run. */
const APPENDS_PER_MINUTE_MAX = 500_000
const PROGRESS_EVERY_MS = 5_000

/** Reads the command line. @throws UsageError with what is wrong and the usage. */
export function parseCommand(args: readonly string[]): Command {
  const values = parse(args)
  const durable = values.durable === true
  const postgres = count('--postgres', values.postgres, 18, 17, 18) === 17 ? 17 : 18
  const outFile = values.out
  if (values.foreign !== undefined) {
    const seconds = count('--foreign', values.foreign, 60, 1, 600)
    const appendsPerSecond = count('--rate', values.rate, 50, 1, 1_000)
    return { kind: 'foreign', outFile, foreign: { seconds, appendsPerSecond, durable, postgres } }
  }
  const minutes = values.minutes === undefined ? null : count('--minutes', values.minutes, 1, 1, 1_440)
  const fallback = minutes === null ? 20_000 : minutes * APPENDS_PER_MINUTE_MAX
  const appends = count('--appends', values.appends, fallback, 1, 100_000_000)
  const killsByDefault =
    minutes === null ? Math.round(appends / APPENDS_PER_WRITER_KILL) : minutes * WRITER_KILLS_PER_MINUTE
  return {
    kind: 'soak',
    outFile,
    soak: {
      appends,
      minutes,
      // A number that can be told and typed again.
      seed: count('--seed', values.seed, Date.now() % 1_000_000, 0, 2_000_000_000),
      processes: count('--processes', values.processes, 3, 2, 16),
      callers: count('--callers', values.callers, 8, 1, 32),
      slowCallers: 2,
      writerKills: count('--writer-kills', values['writer-kills'], Math.max(2, killsByDefault), 0, 10_000),
      killEveryMs: count('--kill-every', values['kill-every'], 150, 1, 3_600_000),
      cutsPerThousand: count('--cuts', values.cuts, 40, 0, 1_000),
      durable,
      postgres,
      progressEveryMs: PROGRESS_EVERY_MS,
    },
  }
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const
  try {
    return parseArgs({
      args: [...args],
      options: {
        appends: text,
        minutes: text,
        seed: text,
        processes: text,
        callers: text,
        'writer-kills': text,
        'kill-every': text,
        cuts: text,
        durable: { type: 'boolean' },
        postgres: text,
        foreign: text,
        rate: text,
        out: text,
      },
    }).values
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error))
  }
}

function count(flag: string, text: string | undefined, fallback: number, min: number, max: number): number {
  if (text === undefined) return fallback
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= min && value <= max) return value
  throw wrong(`${flag} takes a whole number from ${min} to ${max}, not "${text}".`)
}

const wrong = (what: string): UsageError => new UsageError(`${what}\n\n${usage}`)
