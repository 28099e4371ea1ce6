import { toText } from './conversions.ts'
import { PARAMETERS_MAX, parameterAt, requireType, simple } from './scalar-function.ts'
import type { ScalarFunction } from './scalar-function.ts'
import { compose, literalSql } from './typed-sql.ts'
import type { TypedSql } from './typed-sql.ts'

/** Functions on strings. Characters are those of Unicode; positions count from 0. */
export const textFunctions: Readonly<Record<string, ScalarFunction>> = {
  strcat: { count: [1, PARAMETERS_MAX], compile: (parameters) => joined(parameters, undefined) },
  strcat_delim: {
    count: [2, PARAMETERS_MAX],
    compile: ([delimiter, ...parameters]) => joined(parameters, delimiter),
  },
  strlen: { ...simple('long', 'length({0})', 1, toText), namePrefix: 'strlen_' },
  tolower: simple('string', 'kql_tolower({0})', 1, toText),
  toupper: simple('string', 'kql_toupper({0})', 1, toText),
  replace_string: simple('string', 'kql_replace({0}, {1}, {2})', 3, toText),
  substring: {
    count: [2, 3],
    compile: (parameters) =>
      compose(
        'string',
        'kql_substring({0}, {1}, {2})',
        toText(parameterAt(parameters, 0)),
        integer('substring', parameterAt(parameters, 1)),
        parameters.length < 3 ? literalSql('long', null) : integer('substring', parameterAt(parameters, 2)),
      ),
  },
  indexof: simple('long', '(instr({0}, {1}) - 1)', 2, toText),
  split: {
    count: [2, 3],
    namePrefix: '',
    compile: (parameters) =>
      compose(
        'dynamic',
        'kql_split({0}, {1}, {2})',
        toText(parameterAt(parameters, 0)),
        toText(parameterAt(parameters, 1)),
        parameters.length < 3 ? literalSql('long', null) : integer('split', parameterAt(parameters, 2)),
      ),
  },
}

function joined(parameters: readonly TypedSql[], delimiter: TypedSql | undefined): TypedSql {
  const parts: TypedSql[] = []
  for (const parameter of parameters) {
    if (delimiter !== undefined && parts.length > 0) parts.push(toText(delimiter))
    parts.push(toText(parameter))
  }
  return {
    sql: `(${parts.map((part) => part.sql).join(' || ')})`,
    parameters: parts.flatMap((part) => [...part.parameters]),
    type: 'string',
  }
}

function integer(name: string, value: TypedSql): TypedSql {
  return requireType(name, value, ['int', 'long'])
}
