import type { DatabaseSync } from 'node:sqlite'
import { columnTypeOf, jsonOfValue } from '../values/index.ts'
import type { StoredValue } from '../values/index.ts'

/** Aggregations that SQLite has not. Nulls are left out, as Kusto does. */
export function registerAggregateFunctions(database: DatabaseSync): void {
  register(database, 'kql_arg_max', argExtreme(1))
  register(database, 'kql_arg_min', argExtreme(-1))
  register(database, 'kql_percentile', percentile)
  register(database, 'kql_average_ticks', averageTicks)
  register(
    database,
    'kql_make_list',
    collection((list) => list),
  )
  register(
    database,
    'kql_make_set',
    collection((list) => [...new Set(list)]),
  )
}

interface Aggregate<State> {
  start(): State
  step(state: State, ...values: StoredValue[]): State
  result(state: State): StoredValue
}

/** Node's types allow a state that is a value of SQL only; its code keeps any. */
function register<State>(database: DatabaseSync, name: string, aggregate: Aggregate<State>): void {
  const states = aggregate as unknown as Aggregate<string>
  database.aggregate(name, {
    deterministic: true,
    useBigIntArguments: true,
    varargs: true,
    start: () => states.start(),
    step: (state: string, ...values: unknown[]) => states.step(state, ...(values as StoredValue[])),
    result: (state: string) => states.result(state),
  })
}

interface Best {
  by: StoredValue
  value: StoredValue
  isEmpty: boolean
}

/** The value of the row with the largest (or smallest) `by`: the first of equal ones, a null only if all are null. */
function argExtreme(sign: 1 | -1): Aggregate<Best> {
  return {
    start: (): Best => ({ by: null, value: null, isEmpty: true }),
    step: (best, by = null, value = null) => {
      const isBetter = by !== null && (best.by === null || sign * compare(by, best.by) > 0)
      return best.isEmpty || isBetter ? { by, value, isEmpty: false } : best
    },
    result: (best) => best.value,
  }
}

function compare(a: StoredValue, b: StoredValue): number {
  if (typeof a === 'string' || typeof b === 'string')
    return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)))
  if (a === null || b === null || a === b) return 0
  return a < b ? -1 : 1
}

interface Ranked {
  readonly values: (bigint | number)[]
  percentage: number
}

/** By nearest rank: the smallest value that at least so many percent of the values are not above. */
const percentile: Aggregate<Ranked> = {
  start: () => ({ values: [], percentage: 0 }),
  step: (ranked, value = null, percentage = null) => {
    if (value !== null) ranked.values.push(value as bigint | number)
    ranked.percentage = Number(percentage)
    return ranked
  },
  result: ({ values, percentage }) => {
    const sorted = values.toSorted(compare)
    const rank = Math.ceil((percentage * sorted.length) / 100)
    return sorted[Math.max(0, rank - 1)] ?? null
  },
}

/** The average of ticks is exact: their sum does not fit into the numbers of SQLite. */
const averageTicks: Aggregate<{ sum: bigint; count: bigint }> = {
  start: () => ({ sum: 0n, count: 0n }),
  step: (total, ticks = null) =>
    ticks === null ? total : { sum: total.sum + BigInt(ticks), count: total.count + 1n },
  result: ({ sum, count }) => (count === 0n ? null : sum / count),
}

interface Collected {
  readonly elements: string[]
  most: number
}

function collection(finish: (elements: string[]) => string[]): Aggregate<Collected> {
  return {
    start: () => ({ elements: [], most: 0 }),
    step: (collected, type = null, value = null, most = null) => {
      const json = jsonOfValue(columnTypeOf(String(type)), value)
      collected.most = Number(most)
      if (json.trim() !== 'null') collected.elements.push(json)
      return collected
    },
    result: ({ elements, most }) => `[${finish(elements).slice(0, most).join(',')}]`,
  }
}
