/**
 * The host's log: one line on stdout for each entry (time, level, category, invocation id, message).
 *
 * Line ends inside a message become ' | ', so that a stack trace is one line of the log.
 * Thresholds come from host.json's `logging.logLevel`. As on the platform, the longest matching category counts.
 */
import type { CoreLogLevel } from './core-api.ts'

export const HOST_CATEGORY = 'Host'

/** Order of severity. With 'none' as its threshold a category logs nothing. */
const severity: Readonly<Record<CoreLogLevel, number>> = {
  trace: 0,
  debug: 1,
  information: 2,
  warning: 3,
  error: 4,
  critical: 5,
  none: 6,
}

/** ANSI colours for the levels that a person should notice; only used on a terminal. */
const colours: Partial<Record<CoreLogLevel, string>> = {
  warning: '\u001B[33m',
  error: '\u001B[31m',
  critical: '\u001B[31m',
}

export interface LogEntry {
  readonly level: CoreLogLevel
  /** A function's name, or 'Host'. */
  readonly category: string
  readonly message: string
  readonly invocationId?: string | undefined
}

export interface HostLog {
  isEnabled(level: CoreLogLevel, category: string): boolean
  write(entry: LogEntry): void
}

/** The parts of process.stdout that the log needs. */
export interface LogSink {
  readonly isTTY?: boolean
  write(text: string): unknown
}

/** The level with this name in host.json (case is ignored), or undefined when there is no such level. */
export function toLogLevel(name: string): CoreLogLevel | undefined {
  const lower = name.toLowerCase()
  return lower in severity ? (lower as CoreLogLevel) : undefined
}

/**
 * @param thresholds level by category name in lower case ('default', 'function', 'function.<name>', 'host')
 */
export function createHostLog(thresholds: ReadonlyMap<string, CoreLogLevel>, sink: LogSink): HostLog {
  const thresholdOf = new Map<string, number>()

  function threshold(category: string): number {
    const known = thresholdOf.get(category)
    if (known !== undefined) return known
    const names =
      category === HOST_CATEGORY
        ? ['host']
        : [`function.${category.toLowerCase()}.user`, `function.${category.toLowerCase()}`, 'function']
    const level = [...names, 'default']
      .map((name) => thresholds.get(name))
      .find((found) => found !== undefined)
    const value = severity[level ?? 'information']
    thresholdOf.set(category, value)
    return value
  }

  function isEnabled(level: CoreLogLevel, category: string): boolean {
    return level !== 'none' && severity[level] >= threshold(category)
  }

  function write(entry: LogEntry): void {
    if (!isEnabled(entry.level, entry.category)) return
    const id = entry.invocationId === undefined ? '' : ` [${entry.invocationId}]`
    const message = entry.message.replaceAll(/\s*\r?\n\s*/g, ' | ')
    const line = `${new Date().toISOString()} ${entry.level} ${entry.category}${id} ${message}`
    const colour = sink.isTTY === true ? colours[entry.level] : undefined
    sink.write(colour === undefined ? `${line}\n` : `${colour}${line}\u001B[0m\n`)
  }

  return { isEnabled, write }
}
