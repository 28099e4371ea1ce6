import { toDynamic, toText } from './conversions.ts'
import { PARAMETERS_MAX, parameterAt, requireType, simple } from './scalar-function.ts'
import type { ScalarFunction } from './scalar-function.ts'
import { compose, literalSql } from './typed-sql.ts'
import type { TypedSql } from './typed-sql.ts'

const parseJson: ScalarFunction = {
  count: [1, 1],
  namePrefix: '',
  compile: (parameters) => {
    const value = parameterAt(parameters, 0)
    if (value.type === 'dynamic') return value
    return compose('dynamic', 'kql_parse_json({0})', toText(value))
  },
}

const bagPack: ScalarFunction = {
  count: [2, PARAMETERS_MAX],
  compile: (parameters) =>
    called(
      'kql_bag',
      parameters.map((value, index) =>
        index % 2 === 0 ? requireType('bag_pack', value, ['string']) : toDynamic(value),
      ),
    ),
}

/** Functions that read or make arrays and property bags. */
export const dynamicFunctions: Readonly<Record<string, ScalarFunction>> = {
  parse_json: parseJson,
  todynamic: parseJson,
  array_length: simple('long', 'kql_array_length({0})', 1, (value) => dynamic('array_length', value)),
  bag_keys: simple('dynamic', 'kql_bag_keys({0})', 1, (value) => dynamic('bag_keys', value)),
  bag_pack: bagPack,
  pack: bagPack,
  pack_array: {
    count: [1, PARAMETERS_MAX],
    compile: (parameters) => called('kql_array', parameters.map(toDynamic)),
  },
  set_has_element: {
    count: [2, 2],
    compile: (parameters) =>
      compose(
        'bool',
        'kql_array_has({0}, {1})',
        dynamic('set_has_element', parameterAt(parameters, 0)),
        toDynamic(parameterAt(parameters, 1)),
      ),
  },
  gettype: {
    count: [1, 1],
    namePrefix: 'type_',
    compile: (parameters) => {
      const value = parameterAt(parameters, 0)
      return value.type === 'dynamic'
        ? compose('string', 'kql_gettype({0})', value)
        : literalSql('string', value.type)
    },
  },
}

function dynamic(name: string, value: TypedSql): TypedSql {
  return requireType(name, value, ['dynamic'])
}

function called(name: string, parameters: readonly TypedSql[]): TypedSql {
  return {
    sql: `${name}(${parameters.map((parameter) => parameter.sql).join(', ')})`,
    parameters: parameters.flatMap((parameter) => [...parameter.parameters]),
    type: 'dynamic',
  }
}
