import type { Column, ColumnType, StoredValue } from '../values/index.ts'

/** A scalar expression as written. */
export type Expression =
  | { readonly kind: 'literal'; readonly type: ColumnType; readonly value: StoredValue }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'member'; readonly target: Expression; readonly key: string | number }
  /** `Payload[Name]`: the member whose name or place is known only at each row. */
  | { readonly kind: 'element'; readonly target: Expression; readonly key: Expression }
  | { readonly kind: 'call'; readonly name: string; readonly parameters: readonly Expression[] }
  | { readonly kind: 'negative'; readonly value: Expression }
  | {
      readonly kind: 'binary'
      readonly operator: string
      readonly left: Expression
      readonly right: Expression
    }
  | {
      readonly kind: 'in'
      readonly negated: boolean
      readonly ignoresCase: boolean
      readonly value: Expression
      readonly candidates: readonly Expression[]
    }
  | {
      readonly kind: 'between'
      readonly negated: boolean
      readonly value: Expression
      readonly low: Expression
      readonly high: Expression
    }
  /** `X has_any ('a', 'b')`, `X has_all (...)` */
  | {
      readonly kind: 'has-list'
      readonly operator: 'has_all' | 'has_any'
      readonly value: Expression
      readonly candidates: readonly Expression[]
    }
  /** A query in the place of a value: inside `toscalar(...)` and `in (...)`. */
  | { readonly kind: 'query'; readonly query: Query }
  | { readonly kind: 'star' }

/** `Name = expression`, or the expression alone. */
export interface NamedExpression {
  readonly name: string | undefined
  readonly expression: Expression
}

export interface SortKey {
  readonly expression: Expression
  readonly direction: 'asc' | 'desc'
  /** Where rows without a value stand. */
  readonly nulls: 'first' | 'last'
}

export type JoinKind = (typeof JOIN_KINDS)[number]

export const JOIN_KINDS = [
  'innerunique',
  'inner',
  'leftouter',
  'rightouter',
  'fullouter',
  'leftsemi',
  'leftanti',
  'rightsemi',
  'rightanti',
] as const

/** The columns that have to be equal: `on Id` is `$left.Id == $right.Id`. */
export interface JoinKey {
  readonly left: string
  readonly right: string
}

/** One column of `mv-expand`; `type` is that of `to typeof(...)`. */
export interface Expansion extends NamedExpression {
  readonly type: ColumnType | undefined
}

/** One step of a query, after a `|`. */
export type Operator =
  | { readonly kind: 'where'; readonly condition: Expression }
  | { readonly kind: 'count' }
  | { readonly kind: 'getschema' }
  | { readonly kind: 'take'; readonly rows: Expression }
  | { readonly kind: 'order'; readonly keys: readonly SortKey[] }
  | { readonly kind: 'top'; readonly rows: Expression; readonly key: SortKey }
  | { readonly kind: 'project'; readonly columns: readonly NamedExpression[] }
  | { readonly kind: 'project-rename'; readonly columns: readonly { name: string; old: string }[] }
  /** Names of columns, `*` in them stands for any text. */
  | {
      readonly kind: 'project-away' | 'project-keep' | 'project-reorder'
      readonly patterns: readonly string[]
    }
  | { readonly kind: 'extend'; readonly columns: readonly NamedExpression[] }
  | { readonly kind: 'distinct'; readonly columns: readonly NamedExpression[] | 'all' }
  | {
      readonly kind: 'summarize'
      readonly aggregates: readonly NamedExpression[]
      readonly by: readonly NamedExpression[]
    }
  | {
      readonly kind: 'join'
      readonly joinKind: JoinKind
      readonly right: Query
      readonly keys: readonly JoinKey[]
      /** False for `lookup`, which leaves out the right side's keys. */
      readonly keepsRightKeys: boolean
    }
  | { readonly kind: 'union'; readonly union: Union }
  | {
      readonly kind: 'mv-expand'
      readonly expansions: readonly Expansion[]
      readonly bagExpansion: 'array' | 'bag'
      readonly indexName: string | undefined
      readonly limit: Expression | undefined
    }

export interface Union {
  readonly kind: 'inner' | 'outer'
  /** The column that tells where a row comes from. */
  readonly sourceColumn: string | undefined
  readonly queries: readonly Query[]
}

/** Where the rows of a query come from. */
export type Source =
  /** The name of a table, a materialized view or a `let`. */
  | { readonly kind: 'table'; readonly name: string }
  | { readonly kind: 'query'; readonly query: Query }
  | { readonly kind: 'print'; readonly columns: readonly NamedExpression[] }
  | {
      readonly kind: 'range'
      readonly name: string
      readonly from: Expression
      readonly to: Expression
      readonly step: Expression
    }
  | {
      readonly kind: 'datatable'
      readonly columns: readonly Column[]
      readonly cells: readonly Expression[]
    }
  | { readonly kind: 'union'; readonly union: Union }

export interface Query {
  readonly source: Source
  readonly operators: readonly Operator[]
}

/** `let name = value;` A lone name is read as an expression, though it may stand for a table. */
export interface LetStatement {
  readonly name: string
  readonly value: Expression
}

export interface Program {
  readonly lets: readonly LetStatement[]
  readonly query: Query
}
