import { compositeFields } from './composite.ts'
import { timestampOfText } from './timestamps.ts'

/** How the text of a column becomes a value. The server sends every value as text; null is told apart from it. */
export interface ColumnType<T> {
  /** Null where the text itself is the value, which saves a call for each. @throws for a text that is none of the type. */
  readonly read: ((text: string) => T) | null
  /** What null becomes; without it null is an error. */
  readonly whenNull?: { readonly value: T }
}

export type ValueOf<C> = C extends ColumnType<infer T> ? T : never

/** As the server prints it. Also for values that are only handed on: a uuid, a numeric, JSON, a number in a reply. */
export const text: ColumnType<string> = { read: null }

/** int8 and xid8: a double would round what lies above 2^53. */
export const bigint: ColumnType<bigint> = { read: BigInt }

/**
 * int2, int4, and an int8 that stays below 2^53, such as a version or a count.
 * @throws RangeError above it, where a double would round.
 */
export const integer: ColumnType<number> = {
  read: (printed) => {
    const value = Number(printed)
    if (Number.isSafeInteger(value)) return value
    throw new RangeError(`${printed} is no integer that a number can hold`)
  },
}

/** float8 and numeric as a measure, such as seconds: what it loses beyond 15 digits does not matter. */
export const float: ColumnType<number> = { read: Number }

/** A boolean, which the server prints as t or f. */
export const boolean: ColumnType<boolean> = {
  read: (printed) => {
    if (printed === 't') return true
    if (printed === 'f') return false
    throw new TypeError(`${printed} is no boolean`)
  },
}

/** A timestamptz as RFC 3339 in UTC, to the microsecond. */
export const timestamp: ColumnType<string> = { read: timestampOfText }

/** json and jsonb, parsed. T is what the database's function promises; numbers beyond 2^53 want `text`. */
export const json = <T>(): ColumnType<T> => ({ read: (printed) => JSON.parse(printed) as T })

/** One of a few words. @throws TypeError for another: it means something that this version does not know. */
export function oneOf<const W extends string>(...words: readonly W[]): ColumnType<W> {
  return {
    read: (printed) => {
      const found = words.find((word) => word === printed)
      if (found !== undefined) return found
      throw new TypeError(`${JSON.stringify(printed)} is none of ${words.join(', ')}`)
    },
  }
}

/** Words or numbers as the server prints an array of them: `{1,2}`. For values that need no quotes. */
export const arrayOf = <T>(type: ColumnType<T>): ColumnType<readonly T[]> => ({
  read: (printed) =>
    printed === '{}'
      ? []
      : printed
          .slice(1, -1)
          .split(',')
          .map((item) => valueOf(type, item === 'NULL' ? null : item)),
})

/**
 * A composite value, by the names of its fields, which stand here in the order of the database's type. Fields that the
 * type has gained at its end are left out.
 */
export function composite<T extends Readonly<Record<string, ColumnType<unknown>>>>(
  types: T,
): { readonly read: (printed: string) => { readonly [K in keyof T]: ValueOf<T[K]> } } {
  const members = Object.entries(types)
  return {
    read: (printed) => {
      const fields = compositeFields(printed)
      const made: Record<string, unknown> = {}
      for (const [index, [name, type]] of members.entries()) {
        const field = fields[index]
        if (field === undefined) throw new TypeError(`its value has no field ${name}`)
        made[name] = valueOf(type, field)
      }
      return made as { readonly [K in keyof T]: ValueOf<T[K]> }
    },
  }
}

/** A value for null, where null has a meaning that the value says as well. */
export const orElse = <T, E>({ read }: ColumnType<T>, value: E): ColumnType<T | E> => ({
  read,
  whenNull: { value },
})

export const orNull = <T>(type: ColumnType<T>): ColumnType<T | null> => orElse(type, null)

/** @throws TypeError for a null where none is expected, and what the type's reader throws. */
function valueOf<T>({ read, whenNull }: ColumnType<T>, printed: string | null): T {
  if (printed === null) {
    if (whenNull === undefined) throw new TypeError('it is null')
    return whenNull.value
  }
  // Where nothing is to be read, T is string.
  return read === null ? (printed as T) : read(printed)
}
