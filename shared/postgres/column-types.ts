import { compositeFields } from './composite.ts'
import { timestampOfText } from './timestamps.ts'

/** How the text of a column becomes a value. The server sends every value either as text or as null. */
export interface ColumnType<T> {
  /** Null where the text itself is the value: this saves a call for each value. @throws for a text not of this type. */
  readonly read: ((text: string) => T) | null
  /** The value for null. Where `whenNull` is missing, null is an error. */
  readonly whenNull?: { readonly value: T }
}

export type ValueOf<C> = C extends ColumnType<infer T> ? T : never

/**
 * The text that the server sent. Also for values that are only passed on: a uuid, a numeric, JSON, a number in a reply.
 */
export const text: ColumnType<string> = { read: null }

/** int8 and xid8: a double would round a value above 2^53. */
export const bigint: ColumnType<bigint> = { read: BigInt }

/**
 * int2, int4, and an int8 that stays below 2^53, such as a version or a count.
 * @throws RangeError for a larger value, which a double would round.
 */
export const integer: ColumnType<number> = {
  read: (printed) => {
    const value = Number(printed)
    if (Number.isSafeInteger(value)) return value
    throw new RangeError(`${printed} is no integer that a number can hold`)
  },
}

/** float8 and numeric as a measure, such as seconds: the digits lost after the first 15 do not matter. */
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

/** json and jsonb, parsed. T is what the database's function promises. For numbers above 2^53 use `text`. */
export const json = <T>(): ColumnType<T> => ({ read: (printed) => JSON.parse(printed) as T })

/** One of the given words. @throws TypeError for any other word: this version does not know its meaning. */
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
 * A composite value as an object. `types` names the fields in the order of the database's type. Fields that a later
 * version of the database has added at the end of the type are ignored.
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

/** The same type with a value for null, where that value means the same as null. */
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
  // Where `read` is null, the text is the value, so T is string.
  return read === null ? (printed as T) : read(printed)
}
