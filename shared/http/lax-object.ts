import { definitionOf, mostItemsOf } from './schema-parts.ts'
import type { AnySchema, SchemaDefinition } from './schema-parts.ts'

/**
 * Finds an object in a body's schema that would silently drop unknown members, and says where it stands. A client whose
 * member is misspelt must be told, so objects are `z.strictObject`, or `z.looseObject` where any member is allowed.
 */
export const findLaxObject = (schema: AnySchema): string | undefined =>
  findPlace(schema, 'body', ({ type, catchall }) => type === 'object' && catchall === undefined)

/**
 * Finds an array in a body's schema that may be of any length, and says where it stands. The schema would check as many
 * items as the body can hold, and the process would answer nobody else meanwhile.
 */
export const findBoundlessArray = (schema: AnySchema): string | undefined =>
  findPlace(schema, 'body', ({ type }, array) => type === 'array' && mostItemsOf(array) === undefined)

function findPlace(
  schema: AnySchema,
  place: string,
  isFound: (definition: SchemaDefinition, schema: AnySchema) => boolean,
): string | undefined {
  const definition = definitionOf(schema)
  if (isFound(definition, schema)) return place
  const inner: readonly (readonly [string, AnySchema | undefined])[] = [
    ...Object.entries(definition.shape ?? {}).map(([name, member]) => [`${place}.${name}`, member] as const),
    ...(definition.options ?? []).map((option) => [place, option] as const),
    [`${place}[]`, definition.element],
    ...[definition.innerType, definition.in, definition.out, definition.left, definition.right].map(
      (part) => [place, part] as const,
    ),
  ]
  for (const [where, part] of inner) {
    const found = part === undefined ? undefined : findPlace(part, where, isFound)
    if (found !== undefined) return found
  }
  return undefined
}
