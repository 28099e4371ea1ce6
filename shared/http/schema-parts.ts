import type { z } from 'zod'

export type AnySchema = z.core.$ZodType

/** What zod keeps of a schema, as far as we look at it (zod 4: https://zod.dev/library-authors). */
export interface SchemaDefinition {
  readonly type: string
  readonly catchall?: AnySchema
  readonly shape?: Readonly<Record<string, AnySchema>>
  readonly options?: readonly AnySchema[]
  readonly element?: AnySchema
  readonly innerType?: AnySchema
  readonly in?: AnySchema
  readonly out?: AnySchema
  readonly left?: AnySchema
  readonly right?: AnySchema
  readonly checks?: readonly z.core.$ZodCheck[]
}

export function definitionOf(schema: AnySchema): SchemaDefinition {
  const { _zod: internals } = schema
  return internals.def
}

/** The most items that an array of this schema may have; undefined where nothing bounds it. */
export function mostItemsOf(schema: AnySchema): number | undefined {
  const bounds = (definitionOf(schema).checks ?? []).flatMap(({ _zod: internals }) => {
    const { check, maximum, length } = internals.def as CheckDefinition
    if (check === 'max_length') return [maximum ?? Infinity]
    return check === 'length_equals' ? [length ?? Infinity] : []
  })
  return bounds.length === 0 ? undefined : Math.min(...bounds)
}

interface CheckDefinition {
  readonly check: string
  readonly maximum?: number
  readonly length?: number
}

/** The schemas that see the same value: what zod wraps (optional, default), chains and intersects. */
export function innerOf(schema: AnySchema): AnySchema[] {
  const { innerType, in: first, left, right } = definitionOf(schema)
  return [innerType, first, left, right].filter((inner) => inner !== undefined)
}
