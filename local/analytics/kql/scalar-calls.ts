import { semanticFailure, unsupported } from '../failure.ts'
import type { ColumnType } from '../values/index.ts'
import { choiceFunctions } from './choice-calls.ts'
import { convert, isNumber, toText } from './conversions.ts'
import { dynamicFunctions } from './dynamic-calls.ts'
import { parameterAt, requireType } from './scalar-function.ts'
import type { ScalarFunction } from './scalar-function.ts'
import type { Scope } from './scope.ts'
import { nearNames, sentenceOf } from './suggestions.ts'
import { textFunctions } from './text-calls.ts'
import { timeFunctions } from './time-calls.ts'
import { compose, literalSql } from './typed-sql.ts'
import type { TypedSql } from './typed-sql.ts'

function conversion(type: ColumnType): ScalarFunction {
  return {
    count: [1, 1],
    namePrefix: '',
    compile: (parameters) => convert(parameterAt(parameters, 0), type),
  }
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

/** Rounds down to a multiple of the size. SQLite's division rounds towards zero; Kusto's bin() always rounds down. */
function bin(value: TypedSql, size: TypedSql): TypedSql {
  const bothNumbers = isNumber(value.type) && isNumber(size.type)
  const isTime = (value.type === 'datetime' || value.type === 'timespan') && size.type === 'timespan'
  if (!bothNumbers && !isTime)
    throw semanticFailure(`bin() cannot round a ${value.type} to a ${size.type}.`, 'SEM0025')
  // A size that is not positive gives null.
  if (value.type === 'real' || size.type === 'real')
    return compose('real', 'iif({1} > 0, floor({0} / {1}) * {1}, NULL)', value, size)
  const type = bothNumbers && value.type !== size.type ? 'long' : value.type
  return compose(type, 'iif({1} > 0, {0} - (({0} % {1}) + {1}) % {1}, NULL)', value, size)
}

function onNumber(name: string, template: string): ScalarFunction {
  return {
    count: [1, 1],
    namePrefix: '',
    compile: (parameters) => {
      const value = requireType(name, parameterAt(parameters, 0), ['int', 'long', 'real'])
      const type = name === 'abs' && value.type === 'int' ? 'long' : value.type
      return compose(type, template, value)
    },
  }
}

const round: ScalarFunction = {
  count: [1, 2],
  namePrefix: '',
  compile: (parameters) => {
    const value = requireType('round', parameterAt(parameters, 0), ['int', 'long', 'real'])
    const digits =
      parameters.length < 2
        ? literalSql('long', 0n)
        : requireType('round', parameterAt(parameters, 1), ['int', 'long'])
    return compose(value.type, 'kql_round({0}, {1})', value, digits)
  },
}

const binning: ScalarFunction = {
  count: [2, 2],
  namePrefix: '',
  compile: (parameters) => bin(parameterAt(parameters, 0), parameterAt(parameters, 1)),
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
  isnull: { count: [1, 1], compile: (parameters) => isNull(parameterAt(parameters, 0)) },
  isnotnull: { count: [1, 1], compile: (parameters) => not(isNull(parameterAt(parameters, 0))) },
  isempty: { count: [1, 1], compile: (parameters) => isEmpty(parameterAt(parameters, 0)) },
  isnotempty: { count: [1, 1], compile: (parameters) => not(isEmpty(parameterAt(parameters, 0))) },
  not: { count: [1, 1], compile: (parameters) => not(parameterAt(parameters, 0)) },
  bin: binning,
  floor: binning,
  abs: onNumber('abs', 'abs({0})'),
  ceiling: onNumber('ceiling', 'ceil({0})'),
  round,
  ...timeFunctions,
  ...textFunctions,
  ...dynamicFunctions,
  ...choiceFunctions,
}

/** The names of the functions that are supported outside of aggregations. */
export const functionNames: readonly string[] = [...Object.keys(functions), 'toscalar']

/** What stands in front of the first parameter's name in the name of a column. Undefined: the call gives no name. */
export function namePrefixOf(name: string): string | undefined {
  return Object.hasOwn(functions, name) ? functions[name]?.namePrefix : undefined
}

/** @throws KustoFailure for an unknown function, or for parameters that do not fit */
export function compileCall(name: string, parameters: readonly TypedSql[], scope: Scope): TypedSql {
  const called = Object.hasOwn(functions, name) ? functions[name] : undefined
  if (called === undefined) {
    const near = sentenceOf(nearNames(name, functionNames))
    throw unsupported(`the function '${name}()' here`, functionNames, near)
  }
  const [min, max] = called.count
  if (parameters.length < min || parameters.length > max) {
    const wanted = min === max ? String(max) : `${min} to ${max}`
    throw semanticFailure(`${name}() takes ${wanted} parameter(s), not ${parameters.length}.`, 'SEM0219')
  }
  return called.compile(parameters, scope)
}
