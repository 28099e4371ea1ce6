import { semanticFailure } from '../failure.ts'
import { TIME_PARTS, formatTime } from '../values/index.ts'
import type { ColumnType } from '../values/index.ts'
import { parameterAt, requireType } from './scalar-function.ts'
import type { ScalarFunction } from './scalar-function.ts'
import type { Scope } from './scope.ts'
import { compose, literalSql } from './typed-sql.ts'
import type { TypedSql } from './typed-sql.ts'

/** Functions on datetime. All times are UTC; a week begins on Sunday. */
export const timeFunctions: Readonly<Record<string, ScalarFunction>> = {
  now: { count: [0, 1], compile: (parameters, scope) => fromNow('now', '+', parameters, scope) },
  ago: { count: [1, 1], compile: (parameters, scope) => fromNow('ago', '-', parameters, scope) },
  startofday: { ...startOf('day'), namePrefix: '' },
  startofweek: startOf('week'),
  startofmonth: startOf('month'),
  startofyear: startOf('year'),
  datetime_diff: {
    count: [3, 3],
    compile: (parameters) =>
      compose(
        'long',
        'kql_datetime_diff({0}, {1}, {2})',
        partOf('datetime_diff', parameterAt(parameters, 0)),
        datetime('datetime_diff', parameterAt(parameters, 1)),
        datetime('datetime_diff', parameterAt(parameters, 2)),
      ),
  },
  datetime_add: {
    count: [3, 3],
    compile: (parameters) =>
      compose(
        'datetime',
        'kql_datetime_add({0}, {1}, {2})',
        partOf('datetime_add', parameterAt(parameters, 0)),
        requireType('datetime_add', parameterAt(parameters, 1), ['int', 'long']),
        datetime('datetime_add', parameterAt(parameters, 2)),
      ),
  },
  format_datetime: { count: [2, 2], namePrefix: '', compile: (parameters) => formatted(parameters) },
  dayofweek: field('dayofweek', 'timespan'),
  dayofmonth: field('dayofmonth', 'int'),
  hourofday: field('hourofday', 'int'),
  getmonth: field('getmonth', 'int'),
  monthofyear: field('monthofyear', 'int'),
  getyear: field('getyear', 'int'),
}

function fromNow(name: string, sign: '+' | '-', parameters: readonly TypedSql[], scope: Scope): TypedSql {
  const now = literalSql('datetime', scope.names.nowTicks)
  const [span] = parameters
  if (span === undefined) return now
  if (span.type !== 'timespan') throw semanticFailure(`${name}() takes a timespan such as 1d.`, 'SEM0025')
  return compose('datetime', `({0} ${sign} {1})`, now, span)
}

function datetime(name: string, value: TypedSql): TypedSql {
  return requireType(name, value, ['datetime'])
}

function formatted(parameters: readonly TypedSql[]): TypedSql {
  const time = datetime('format_datetime', parameterAt(parameters, 0))
  const format = requireType('format_datetime', parameterAt(parameters, 1), ['string'])
  const [literal] = format.parameters
  // A mistake in the format is told at once, not when the first row is there.
  if (format.sql === '?') formatTime(0n, String(literal))
  return compose('string', 'kql_format_time({1}, {0})', time, format)
}

function startOf(part: string): ScalarFunction {
  const name = `startof${part}`
  return {
    count: [1, 2],
    compile: (parameters) =>
      compose(
        'datetime',
        'kql_start_of({0}, {1}, {2})',
        literalSql('string', part),
        datetime(name, parameterAt(parameters, 0)),
        parameters.length < 2
          ? literalSql('long', 0n)
          : requireType(name, parameterAt(parameters, 1), ['int', 'long']),
      ),
  }
}

function field(name: string, type: ColumnType): ScalarFunction {
  return {
    count: [1, 1],
    compile: (parameters) =>
      compose(
        type,
        'kql_time_field({0}, {1})',
        literalSql('string', name),
        datetime(name, parameterAt(parameters, 0)),
      ),
  }
}

/** The first parameter of datetime_diff() and datetime_add(): 'day', 'hour', ... */
function partOf(name: string, value: TypedSql): TypedSql {
  const [part] = value.parameters
  const word = value.sql === '?' && typeof part === 'string' ? part.toLowerCase() : ''
  if (!TIME_PARTS.some((known) => known === word))
    throw semanticFailure(
      `${name}() takes one of ${TIME_PARTS.join(', ')} as its first parameter.`,
      'SEM0025',
    )
  return literalSql('string', word)
}
