import type { options } from '../commands/logs.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { homeAt } from '../../local/run/home.ts'
import { CommandFailure, integerOption, UsageError } from '../frame/index.ts'
import type { ContextOf } from '../frame/index.ts'
import { nearest } from '../frame/nearest.ts'
import { LogFile, logParts } from '../logs/index.ts'

/** A log has 16 MiB at most. A person who wants more of it opens the file. */
const LINES_MAX = 10_000

/** Short enough for somebody who watches, long enough to cost nothing. */
const POLL_EVERY_MS = 200

export async function run(context: ContextOf<typeof options>): Promise<number | void> {
  const { values, positionals, home, print, printLine, interruption } = context
  const lines = integerOption(values.lines, '--lines', { min: 0, max: LINES_MAX })
  const { logs: folder } = homeAt(home)
  const parts = partsOf(folder, positionals[0])
  const files = parts.map((part) => new LogFile(folder, part))
  const ends = files.map((file) => ({ part: file.part, lines: file.lastLines(lines) }))
  const isAlone = files.length === 1
  if (!values.follow) {
    const text = ends
      .filter((end) => isAlone || end.lines.length > 0)
      .map((end) => (isAlone ? end.lines : [`== ${end.part}`, ...end.lines]).join('\n'))
    print({ logs: ends }, text.join('\n\n'))
    return
  }
  const width = Math.max(...parts.map((part) => part.length))
  const show = (part: string, line: string): void => {
    printLine({ part, line }, isAlone ? line : `${part.padEnd(width)}  ${line}`)
  }
  for (const end of ends) for (const line of end.lines) show(end.part, line)
  const signal = interruption()
  while (!signal.aborted) {
    for (const file of files) for (const line of file.newLines()) show(file.part, line)
    // An aborted delay rejects: the loop ends by itself then.
    await delay(POLL_EVERY_MS, undefined, { signal }).catch(() => undefined)
  }
}

/** @throws CommandFailure NO_LOGS, UsageError */
function partsOf(folder: string, wanted: string | undefined): string[] {
  const parts = logParts(folder)
  if (parts.length === 0)
    throw new CommandFailure(
      'NO_LOGS',
      `There are no logs in ${folder}: nothing has run there yet. Start it with npm start, or name another home with --home.`,
    )
  if (wanted === undefined) return parts
  if (parts.includes(wanted)) return [wanted]
  const guess = nearest(wanted, parts)
  throw new UsageError(
    `There is no log of "${wanted}".${guess === undefined ? ` There are ${parts.join(', ')}.` : ` Did you mean "${guess}"?`}`,
  )
}
