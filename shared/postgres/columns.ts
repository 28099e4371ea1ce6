import { TrickleError } from '../errors/index.ts'
import type { ColumnType, ValueOf } from './column-types.ts'

/** What of the driver's answer is read: the names of the columns, and each row as an array of texts in their order. */
export interface Answer {
  readonly fields: readonly { readonly name: string }[]
  readonly rows: readonly (readonly (string | null)[])[]
}

export type RowOf<C> = C extends Columns<infer R> ? R : never

/**
 * The columns that a statement's rows have: `columns({ tenantId: text, version: integer })` reads the columns `tenant_id`
 * and `version` of the answer, wherever they stand in it. What else the answer holds is left out, so a column that a later
 * version of the database adds harms nobody.
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
  /** Where it stands in the answer; kept from one answer to the next, which mostly has the same form. */
  place: number
}

/** Made by `columns`. */
export class Columns<R> {
  readonly #columns: readonly Column[]
  /** A row without values: copied and filled, it costs less than an object that grows property by property. */
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

  /** @throws TrickleError INTERNAL, with what is wrong as its cause, for an answer that is not as the list says. */
  read(statement: string, { fields, rows }: Answer): R[] {
    for (const column of this.#columns) {
      if (fields[column.place]?.name !== column.name) column.place = placeIn(statement, fields, column.name)
    }
    return rows.map((row) => this.#rowOf(statement, row))
  }

  /** What `valueOf` does, written out: a page of a stream has some 1,400 values. */
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
    // The type of R is made of the same list.
    return made as R
  }
}

function placeIn(statement: string, fields: Answer['fields'], name: string): number {
  const place = fields.findIndex((field) => field.name === name)
  if (place === -1) throw unreadable(`The answer to the statement "${statement}" has no column "${name}"`)
  return place
}

/** Of a statement that is run for its effect. */
export const noColumns = columns({})

/** `tenantId` is the column `tenant_id`. */
const columnName = (property: string): string =>
  property.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** Names of columns are for the log and not for a client, so they stand in the cause. */
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
