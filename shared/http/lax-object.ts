import { type z } from 'zod'

/** What zod keeps of a schema, as far as the search looks at it (zod 4: https://zod.dev/library-authors). */
interface Definition {
  readonly type: string
  readonly catchall?: z.core.$ZodType
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>
  readonly options?: readonly z.core.$ZodType[]
  readonly element?: z.core.$ZodType
  readonly innerType?: z.core.$ZodType
  readonly in?: z.core.$ZodType
  readonly out?: z.core.$ZodType
  readonly left?: z.core.$ZodType
  readonly right?: z.core.$ZodType
}

/**
 * Finds an object in a body's schema that would silently drop unknown members, and says where it stands. A client whose
 * member is misspelt must be told, so objects are `z.strictObject`, or `z.looseObject` where anything is welcome.
 */
export function findLaxObject(schema: z.core.$ZodType, place = 'body'): string | undefined {
  const { _zod: internals } = schema
  const def: Definition = internals.def
  if (def.type === 'object' && def.catchall === undefined) return place
  const inner: readonly (readonly [string, z.core.$ZodType | undefined])[] = [
    ...Object.entries(def.shape ?? {}).map(([name, member]) => [`${place}.${name}`, member] as const),
    ...(def.options ?? []).map((option) => [place, option] as const),
    [`${place}[]`, def.element],
    ...[def.innerType, def.in, def.out, def.left, def.right].map((part) => [place, part] as const),
  ]
  for (const [where, part] of inner) {
    const found = part === undefined ? undefined : findLaxObject(part, where)
    if (found !== undefined) return found
  }
  return undefined
}
