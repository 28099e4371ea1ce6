import { semanticFailure, unsupported } from '../failure.ts'
import type { ColumnType } from '../values/index.ts'
import { convert, isNumber, toText } from './conversions.ts'
import { compose, literalSql } from './typed-sql.ts'
import type { Scope, TypedSql } from './typed-sql.ts'

type Compile = (parameters: readonly TypedSql[], scope: Scope) => TypedSql

interface ScalarFunction {
  readonly count: readonly [min: number, max: number]
  readonly compile: Compile
}

function first(parameters: readonly TypedSql[]): TypedSql {
  const parameter = parameters[0]
  if (parameter === undefined) throw semanticFailure('A function misses its parameter.')
  return parameter
}

function conversion(type: ColumnType): ScalarFunction {
  return { count: [1, 1], compile: (parameters) => convert(first(parameters), type) }
}

function isNull(value: TypedSql): TypedSql {
  // A string is never null, and a dynamic may hold the JSON word null.
  if (value.type === 'string') return literalSql('bool', 0n)
  if (value.type === 'dynamic') return compose('bool', "({0} IS NULL OR trim({0}) = 'null')", value)
  return compose('bool', '({0} IS NULL)', value)
}

function isEmpty(value: TypedSql): TypedSql {
  if (value.type === 'string' || value.type === 'dynamic') return compose('bool', "({0} = '')", toText(value))
  return isNull(value)
}

function not(value: TypedSql): TypedSql {
  if (value.type !== 'bool') throw semanticFailure(`not() takes a bool, not a ${value.type}.`, 'SEM0025')
  return compose('bool', '(NOT {0})', value)
}

function ago(value: TypedSql, scope: Scope): TypedSql {
  if (value.type !== 'timespan') throw semanticFailure('ago() takes a timespan such as 1d.', 'SEM0025')
  return compose('datetime', '({0} - {1})', literalSql('datetime', scope.nowTicks), value)
}

/** Rounds down to a multiple of the size. SQLite's division rounds towards zero; Kusto's bin() always rounds down. */
function bin(value: TypedSql, size: TypedSql): TypedSql {
  const bothNumbers = isNumber(value.type) && isNumber(size.type)
  const isTime = (value.type === 'datetime' || value.type === 'timespan') && size.type === 'timespan'
  if (!bothNumbers && !isTime)
    throw semanticFailure(`bin() cannot round a ${value.type} to a ${size.type}.`, 'SEM0025')
  if (value.type === 'real' || size.type === 'real')
    return compose('real', '(floor({0} / {1}) * {1})', value, size)
  return compose(value.type, '({0} - (({0} % {1}) + {1}) % {1})', value, size)
}

const functions: Readonly<Record<string, ScalarFunction>> = {
  tostring: conversion('string'),
  tolong: conversion('long'),
  toint: conversion('int'),
  toreal: conversion('real'),
  todouble: conversion('real'),
  tobool: conversion('bool'),
  toguid: conversion('guid'),
  todatetime: conversion('datetime'),
  totimespan: conversion('timespan'),
  todecimal: conversion('decimal'),
  isnull: { count: [1, 1], compile: (parameters) => isNull(first(parameters)) },
  isnotnull: { count: [1, 1], compile: (parameters) => not(isNull(first(parameters))) },
  isempty: { count: [1, 1], compile: (parameters) => isEmpty(first(parameters)) },
  isnotempty: { count: [1, 1], compile: (parameters) => not(isEmpty(first(parameters))) },
  not: { count: [1, 1], compile: (parameters) => not(first(parameters)) },
  now: { count: [0, 0], compile: (_parameters, scope) => literalSql('datetime', scope.nowTicks) },
  ago: { count: [1, 1], compile: (parameters, scope) => ago(first(parameters), scope) },
  bin: { count: [2, 2], compile: (parameters) => bin(first(parameters), first(parameters.slice(1))) },
}

/** @throws KustoFailure for an unknown function, or for parameters that do not fit */
export function compileCall(name: string, parameters: readonly TypedSql[], scope: Scope): TypedSql {
  const called = functions[name]
  if (called === undefined) throw unsupported(`the function '${name}()' here`, Object.keys(functions))
  const [min, max] = called.count
  if (parameters.length < min || parameters.length > max) {
    throw semanticFailure(`${name}() takes ${max} parameter(s), not ${parameters.length}.`, 'SEM0219')
  }
  return called.compile(parameters, scope)
}
