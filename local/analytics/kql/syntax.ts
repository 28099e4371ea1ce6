import type { ColumnType, StoredValue } from '../values/index.ts'

/** A scalar expression as written. */
export type Expression =
  | { readonly kind: 'literal'; readonly type: ColumnType; readonly value: StoredValue }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'member'; readonly target: Expression; readonly key: string | number }
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
      readonly value: Expression
      readonly candidates: readonly Expression[]
    }
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

/** One step of a query, after a `|`. */
export type Operator =
  | { readonly kind: 'where'; readonly condition: Expression }
  | { readonly kind: 'count' }
  | { readonly kind: 'take'; readonly rows: number }
  | { readonly kind: 'order'; readonly keys: readonly SortKey[] }
  | { readonly kind: 'project'; readonly columns: readonly NamedExpression[] }
  | { readonly kind: 'extend'; readonly columns: readonly NamedExpression[] }
  | { readonly kind: 'distinct'; readonly columns: readonly NamedExpression[] | 'all' }
  | {
      readonly kind: 'summarize'
      readonly aggregates: readonly NamedExpression[]
      readonly by: readonly NamedExpression[]
    }

export interface Query {
  /** A table's or view's name. */
  readonly source: string
  readonly operators: readonly Operator[]
}
