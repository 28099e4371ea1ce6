import { semanticFailure } from '../failure.ts'
import { isOrderable } from './binary-operators.ts'
import { naturalName } from './column-names.ts'
import { toText } from './conversions.ts'
import { compileExpression } from './expression-compiler.ts'
import type { Scope } from './scope.ts'
import type { Output } from './stage.ts'
import type { Expression } from './syntax.ts'
import { compose, literalSql } from './typed-sql.ts'
import type { TypedSql } from './typed-sql.ts'

type Call = Extract<Expression, { kind: 'call' }>

/** The columns that `summarize` gets from one aggregation, with the names that Kusto gives them. */
export type CompileColumns = (call: Call, inner: Scope, keySql: ReadonlySet<string>) => Output[]

/** Aggregations that give several columns. They stand alone in `summarize`, with nothing around them. */
export const rowAggregates: Readonly<Record<string, CompileColumns>> = {
  arg_max: (call, inner, keys) => argExtreme('max', call, inner, keys),
  arg_min: (call, inner, keys) => argExtreme('min', call, inner, keys),
  take_any: (call, inner, keys) => anyRow(call, inner, keys, ''),
  any: (call, inner, keys) => anyRow(call, inner, keys, 'any_'),
  percentile: percentiles,
  percentiles,
}

/** `arg_max(X, A, B)`: the largest X, and A and B of the row that has it. */
function argExtreme(which: 'max' | 'min', call: Call, inner: Scope, keys: ReadonlySet<string>): Output[] {
  const [by, ...others] = call.parameters
  if (by === undefined)
    throw semanticFailure(`arg_${which}() takes a value and the columns to return.`, 'SEM0219')
  const value = compileExpression(by, inner)
  if (!isOrderable(value.type))
    throw semanticFailure(`arg_${which}() takes no ${value.type} as its first parameter.`, 'SEM0025')
  const pick = (of: TypedSql): TypedSql => picked(compose(of.type, `kql_arg_${which}({0}, {1})`, value, of))
  const name = naturalName(by)
  const outputs: Output[] = [{ name: name ?? `${which}_`, value: pick(value) }]
  for (const [index, other] of others.entries()) {
    if (other.kind === 'star') {
      for (const output of allColumns(inner, keys, name))
        outputs.push({ ...output, value: pick(output.value) })
    } else {
      outputs.push({
        name: naturalName(other) ?? `${which}__arg${index + 1}`,
        value: pick(compileExpression(other, inner)),
      })
    }
  }
  return outputs
}

/** A string is never null, also where there is no row. */
function picked(value: TypedSql): TypedSql {
  return value.type === 'string' ? compose('string', "coalesce({0}, '')", value) : value
}

/** What `*` means: all columns but the keys of the group and the column that is given anyway. */
function allColumns(inner: Scope, keys: ReadonlySet<string>, given: string | undefined): Output[] {
  return inner.columns
    .filter((column) => !keys.has(column.sql) && column.name !== given)
    .map((column) => ({ name: column.name, value: { sql: column.sql, parameters: [], type: column.type } }))
}

/** The values of one row, here the first. Of a single column it gives a value that is not null or empty, if any is. */
function anyRow(call: Call, inner: Scope, keys: ReadonlySet<string>, prefix: string): Output[] {
  const [first] = call.parameters
  if (first === undefined) throw semanticFailure(`${call.name}() takes columns, or *.`, 'SEM0219')
  const outputs = call.parameters.flatMap((parameter, index) =>
    parameter.kind === 'star'
      ? allColumns(inner, keys, undefined)
      : [{ name: naturalName(parameter) ?? `arg${index}`, value: compileExpression(parameter, inner) }],
  )
  const [only] = outputs
  const isSingle = call.parameters.length === 1 && first.kind !== 'star' && only !== undefined
  const rank = isSingle ? compose('bool', "({0} <> '')", toText(only.value)) : literalSql('bool', 0n)
  return outputs.map(({ name, value }) => ({
    name: first.kind === 'star' ? name : `${prefix}${name}`,
    value: picked(compose(value.type, 'kql_arg_max({0}, {1})', rank, value)),
  }))
}

/** By nearest rank, and exact; the real service estimates. */
function percentiles(call: Call, inner: Scope): Output[] {
  const [parameter, ...ranks] = call.parameters
  if (parameter === undefined || ranks.length === 0 || (call.name === 'percentile' && ranks.length > 1))
    throw semanticFailure(
      `${call.name}() takes a value and a percentage, as in ${call.name}(X, 95).`,
      'SEM0219',
    )
  const value = compileExpression(parameter, inner)
  if (!isOrderable(value.type) || ['string', 'bool', 'decimal'].includes(value.type))
    throw semanticFailure(`${call.name}() takes numbers, datetime or timespan, not ${value.type}.`, 'SEM0025')
  const type = value.type === 'int' ? 'long' : value.type
  return ranks.map((rank) => {
    const percentage = rank.kind === 'literal' ? Number(rank.value) : Number.NaN
    if (!(percentage >= 0 && percentage <= 100))
      throw semanticFailure(`The percentage of ${call.name}() is a number from 0 to 100.`, 'SEM0025')
    const suffix = String(percentage).replace('.', '_')
    return {
      name: `percentile_${naturalName(parameter) ?? ''}_${suffix}`,
      value: compose(type, 'kql_percentile({0}, {1})', value, literalSql('real', percentage)),
    }
  })
}
