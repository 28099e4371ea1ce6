import { importedFrom } from './read.ts'
import type { BicepFile, Type } from './syntax.ts'
import { isList, isObject, Unknown } from './values.ts'
import type { Value } from './values.ts'

/** Whether a value has the declared type. A value that only a deployment knows is always accepted. */
export function accepts(file: BicepFile, type: Type, value: Value): boolean {
  if (value instanceof Unknown) return true
  switch (type.kind) {
    case 'literal':
      return type.value === value
    case 'optional':
      return value === null || accepts(file, type.of, value)
    case 'union':
      return type.of.some((one) => accepts(file, one, value))
    case 'list':
      return isList(value) && value.every((item) => accepts(file, type.of, item))
    case 'tuple':
      return isList(value) && value.every((item, at) => acceptsAt(file, type.items[at], item))
    case 'object':
      return isObject(value) && acceptsObject(file, type.properties, value)
    case 'named':
      return acceptsNamed(file, type.name, value)
  }
}

const acceptsAt = (file: BicepFile, type: Type | undefined, value: Value): boolean =>
  type !== undefined && accepts(file, type, value)

function acceptsObject(
  file: BicepFile,
  properties: ReadonlyMap<string, Type>,
  value: Readonly<Record<string, Value>>,
): boolean {
  const others = properties.get('*')
  const isKnown = Object.entries(value).every(([name, of]) =>
    acceptsAt(file, properties.get(name) ?? others, of),
  )
  const isComplete = [...properties].every(
    ([name, type]) => name === '*' || type.kind === 'optional' || Object.hasOwn(value, name),
  )
  return isKnown && isComplete
}

function acceptsNamed(file: BicepFile, name: string, value: Value): boolean {
  const declared = file.types.get(name)
  if (declared !== undefined) return accepts(file, declared.type, value)
  const imported = importedFrom(file, name)
  if (imported !== undefined) return acceptsNamed(imported.file, imported.name, value)
  switch (name) {
    case 'string':
      return typeof value === 'string'
    case 'int':
      return typeof value === 'number' && Number.isInteger(value)
    case 'bool':
      return typeof value === 'boolean'
    case 'array':
      return isList(value)
    case 'object':
      return isObject(value)
    case 'any':
      return true
    default:
      throw new Error(`${file.path}: the type ${name} is not known to these tests`)
  }
}
