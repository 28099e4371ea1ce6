import { renderTable } from '../frame/index.ts'

/** The number of events of one tenant and type. */
export interface Count {
  readonly tenant: string
  readonly type: string
  readonly count: number
}

export interface ComparisonRow {
  readonly tenant: string
  readonly type: string
  readonly made: number
  readonly postgres: number
  readonly analytics: number
}

export interface Comparison {
  readonly rows: readonly ComparisonRow[]
  readonly total: { readonly made: number; readonly postgres: number; readonly analytics: number }
  /** Made, stored and forwarded are equal in every row. */
  readonly isEqual: boolean
}

export interface Sides {
  readonly made: readonly Count[]
  readonly postgres: readonly Count[]
  readonly analytics: readonly Count[]
}

const SIDE_NAMES = ['made', 'postgres', 'analytics'] as const

/** Puts the counts side by side. Each tenant and type that at least one side has gets a row. */
export function compareCounts(sides: Sides): Comparison {
  const rows = new Map<
    string,
    { tenant: string; type: string; made: number; postgres: number; analytics: number }
  >()
  for (const side of SIDE_NAMES) {
    for (const { tenant, type, count } of sides[side]) {
      const key = JSON.stringify([tenant, type])
      const row = rows.get(key) ?? { tenant, type, made: 0, postgres: 0, analytics: 0 }
      row[side] += count
      rows.set(key, row)
    }
  }
  const sorted = [...rows].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row)
  const sum = (side: (typeof SIDE_NAMES)[number]): number =>
    sorted.reduce((total, row) => total + row[side], 0)
  return {
    rows: sorted,
    total: { made: sum('made'), postgres: sum('postgres'), analytics: sum('analytics') },
    isEqual: sorted.every((row) => row.made === row.postgres && row.postgres === row.analytics),
  }
}

/** True if waiting may help: analytics lacks events, and no row has too many (surplus rows would never disappear). */
export function mayCatchUp({ rows }: Comparison): boolean {
  return (
    rows.some((row) => row.analytics < row.postgres) && rows.every((row) => row.analytics <= row.postgres)
  )
}

/** The comparison as a table for people. */
export function comparisonTable({ rows, total, isEqual }: Comparison): string {
  const cells = rows.map(({ tenant, type, made, postgres, analytics }) => [
    tenant,
    type,
    made,
    postgres,
    analytics,
    made === postgres && postgres === analytics ? 'yes' : 'NO',
  ])
  const sum = ['all', '', total.made, total.postgres, total.analytics, isEqual ? 'yes' : 'NO']
  return renderTable(['tenant', 'type', 'made', 'PostgreSQL', 'analytics', 'same'], [...cells, sum])
}
