import { parseArgs } from 'node:util'
import type { PostgresVersion } from '../local/postgres/index.ts'
import { FlagReader } from '../packages/command-flags/index.ts'

const USAGE = `npm run soak -- [flags]

Appends from several processes while things go wrong, reads along, and reconciles every event at the end.
  --appends N      commands to send (default 20000)
  --minutes M      go on for so long instead; with --appends, for so long at most
  --seed N         repeats the choices of a run; their order depends on the machine (default: the time)
  --processes N    writer processes (default 3, at least 2)
  --callers N      callers of each process (default 8), beside two slow ones
  --writer-kills N how often a writer process is killed (default: every 25000 appends,
                   or twice a minute; twice at least)
  --kill-every MS  mean time between two killed connections of the server (default 150)
  --cuts N         of 1000 appends that go through the proxy, how many are disturbed (default 40)
  --durable        the server syncs its files
  --postgres N     17 or 18 (default 18)
  --out FILE       where the JSON goes (default soak-results/TIME.json)

npm run soak -- --foreign SECONDS [--rate N] [--seed N] [--durable] [--postgres N] [--out FILE]

Appends at a steady rate (default 50 a second) beside a refresh and an idle transaction of others that last so long, and
measures how late a reader sees each event.`

export interface SoakOptions {
  /** The run ends when this many commands have been made. */
  readonly appends: number
  /** The run also ends after this time. Null: it has no time limit. */
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
/** More than a machine can do, so that the run ends by its time. */
const APPENDS_PER_MINUTE_MAX = 500_000
const PROGRESS_EVERY_MS = 5_000

/** Reads the command line. @throws UsageError with what is wrong and the usage. */
export function parseCommand(args: readonly string[]): Command {
  const flags = new FlagReader(USAGE)
  const values = flags.parse(() => parse(args))
  const durable = values.durable === true
  const postgres = flags.count('--postgres', values.postgres, 18, 17, 18) === 17 ? 17 : 18
  const outFile = values.out
  if (values.foreign !== undefined) {
    const seconds = flags.count('--foreign', values.foreign, 60, 1, 600)
    const appendsPerSecond = flags.count('--rate', values.rate, 50, 1, 1_000)
    return { kind: 'foreign', outFile, foreign: { seconds, appendsPerSecond, durable, postgres } }
  }
  const minutes = values.minutes === undefined ? null : flags.count('--minutes', values.minutes, 1, 1, 1_440)
  const fallback = minutes === null ? 20_000 : minutes * APPENDS_PER_MINUTE_MAX
  const appends = flags.count('--appends', values.appends, fallback, 1, 100_000_000)
  const killsByDefault =
    minutes === null ? Math.round(appends / APPENDS_PER_WRITER_KILL) : minutes * WRITER_KILLS_PER_MINUTE
  return {
    kind: 'soak',
    outFile,
    soak: {
      appends,
      minutes,
      // At most six digits, so that a person can easily report the seed and type it again.
      seed: flags.count('--seed', values.seed, Date.now() % 1_000_000, 0, 2_000_000_000),
      processes: flags.count('--processes', values.processes, 3, 2, 16),
      callers: flags.count('--callers', values.callers, 8, 1, 32),
      slowCallers: 2,
      writerKills: flags.count(
        '--writer-kills',
        values['writer-kills'],
        Math.max(2, killsByDefault),
        0,
        10_000,
      ),
      killEveryMs: flags.count('--kill-every', values['kill-every'], 150, 1, 3_600_000),
      cutsPerThousand: flags.count('--cuts', values.cuts, 40, 0, 1_000),
      durable,
      postgres,
      progressEveryMs: PROGRESS_EVERY_MS,
    },
  }
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const
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
}
