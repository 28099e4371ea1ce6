import { TrickleError } from '../errors/index.ts'
import type { ColumnType, ValueOf } from './column-types.ts'

/** The part of the driver's answer that is used: the names of the columns, and each row as an array in their order. */
export interface Answer {
  readonly fields: readonly { readonly name: string }[]
  readonly rows: readonly (readonly (string | null)[])[]
}

export type RowOf<C> = C extends Columns<infer R> ? R : never

/**
 * The columns that a statement's rows have: `columns({ tenantId: text, version: integer })` reads the columns
 * `tenant_id` and `version` of the answer, at any place in it. Other columns of the answer are ignored, so a column
 * that a later version of the database adds does no harm.
 */
export function columns<const T extends Readonly<Record<string, ColumnType<unknown>>>>(
  types: T,
): Columns<{ readonly [K in keyof T]: ValueOf<T[K]> }> {
  return new Columns(types)
}

interface Column {
  readonly property: string
  readonly name: string
  readonly read: ColumnType<unknown>['read']
  readonly whenNull: ColumnType<unknown>['whenNull']
  /** Its index in the answer. Kept for the next answer, which mostly has the same form. */
  place: number
}

/** Made by `columns`. */
export class Columns<R> {
  readonly #columns: readonly Column[]
  /** A row with null in every property. To copy and fill it costs less than to add the properties one by one. */
  readonly #blank: Readonly<Record<string, unknown>>

  constructor(types: Readonly<Record<string, ColumnType<unknown>>>) {
    this.#columns = Object.entries(types).map(([property, { read, whenNull }], place) => ({
      property,
      name: columnName(property),
      read,
      whenNull,
      place,
    }))
    this.#blank = Object.fromEntries(this.#columns.map(({ property }) => [property, null]))
  }

  /** The columns as a select list: `b.batch_id, b.tag` for the alias b. */
  of(alias: string): string {
    return this.#columns.map(({ name }) => `${alias}.${name}`).join(', ')
  }

  /** @throws TrickleError INTERNAL for an answer that does not match the list. Its cause says what is wrong. */
  read(statement: string, { fields, rows }: Answer): R[] {
    for (const column of this.#columns) {
      if (fields[column.place]?.name !== column.name) column.place = placeIn(statement, fields, column.name)
    }
    return rows.map((row) => this.#rowOf(statement, row))
  }

  /** Does the same as `valueOf`, without a call for each value: a page of a stream has some 1,400 values. */
  #rowOf(statement: string, row: readonly (string | null)[]): R {
    const made = { ...this.#blank }
    let name = ''
    try {
      for (const column of this.#columns) {
        name = column.name
        const printed = row[column.place] ?? null
        if (printed !== null) made[column.property] = column.read === null ? printed : column.read(printed)
        else if (column.whenNull === undefined) throw new TypeError('it is null')
        else if (column.whenNull.value !== null) made[column.property] = column.whenNull.value
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw unreadable(`The column "${name}" of the statement "${statement}" can't be read: ${why}`)
    }
    // `columns` derives R from the same list.
    return made as R
  }
}

function placeIn(statement: string, fields: Answer['fields'], name: string): number {
  const place = fields.findIndex((field) => field.name === name)
  if (place === -1) throw unreadable(`The answer to the statement "${statement}" has no column "${name}"`)
  return place
}

/** For a statement of which no row is read: it is run for its effect. */
export const noColumns = columns({})

/** `tenantId` is the column `tenant_id`. */
const columnName = (property: string): string =>
  property.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** Names of columns belong in the log and not in the answer to a client, so only the cause has them. */
const unreadable = (what: string): TrickleError =>
  new TrickleError(
    'INTERNAL',
    'The database answered in a form that this version does not know. The trace id leads to its log entry.',
    {
      cause: new Error(
        `${what}. Where the database and this program are of different versions, run the migrations of this one.`,
      ),
    },
  )
