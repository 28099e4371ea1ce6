import type { DatabaseSync } from 'node:sqlite'
import { addTime, formatTime, startOfPeriod, timeDifference, timeField } from '../values/index.ts'
import type { Period, TimePart } from '../values/index.ts'
import { registerOnText } from './register-function.ts'

/** Functions on datetime, in ticks. A null among the parameters gives null. */
export function registerTimeFunctions(database: DatabaseSync): void {
  const register = (
    name: string,
    run: (part: string, first: bigint, second: bigint) => bigint | null,
  ): void => {
    registerOnText(database, name, (part, first, second) =>
      first === null || second === null ? null : run(part, BigInt(first), BigInt(second)),
    )
  }
  register('kql_datetime_diff', (part, first, second) => timeDifference(part as TimePart, first, second))
  register('kql_datetime_add', (part, amount, ticks) => addTime(part as TimePart, amount, ticks))
  register('kql_start_of', (period, ticks, offset) => startOfPeriod(period as Period, ticks, offset))
  registerOnText(database, 'kql_format_time', (format, ticks) =>
    ticks === null ? '' : formatTime(BigInt(ticks), format),
  )
  registerOnText(database, 'kql_time_field', (name, ticks) =>
    ticks === null ? null : timeField(name, BigInt(ticks)),
  )
}
