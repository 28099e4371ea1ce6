import { semanticFailure } from '../failure.ts'
import { ALL_OPERATORS_MAX } from '../limits.ts'
import type { Column, StoredValue } from '../values/index.ts'
import { compileExpression } from './expression-compiler.ts'
import { compileStep } from './step-compiler.ts'
import { scopeOf } from './scope.ts'
import type { Names } from './scope.ts'
import { datatable, print, range } from './source-compiler.ts'
import { PLACE } from './stage.ts'
import type { Relation, Stage } from './stage.ts'
import { nearNames, sentenceOf } from './suggestions.ts'
import type { LetStatement, Operator, Program, Query } from './syntax.ts'
import { requireShort } from './typed-sql.ts'
import type { TypedSql } from './typed-sql.ts'
import { union } from './union-compiler.ts'

/** What stands around a query: the tables that there are, its parameters and the time. */
export interface Surroundings {
  /** The rows of a table or view; undefined when there is none of this name. */
  findTable(name: string): Relation | undefined
  /** Names of all tables and views. */
  tableNames(): readonly string[]
  readonly parameters: ReadonlyMap<string, TypedSql>
  /** The time that `now()` means in the whole query, in ticks. */
  readonly nowTicks: bigint
}

/** A compiled query. The SQL gives the columns in the order of `columns`. */
export interface CompiledQuery {
  readonly sql: string
  readonly parameters: readonly StoredValue[]
  readonly columns: readonly Column[]
}

/** @throws KustoFailure for unknown names and for types that do not fit */
export function compileProgram(program: Program, surroundings: Surroundings): CompiledQuery {
  const compilation = new Compilation(surroundings)
  for (const statement of program.lets) compilation.define(statement)
  return compilation.finish(compilation.compileQuery(program.query))
}

/** The steps of a query on rows that are given. @throws KustoFailure as `compileProgram` */
export function compileOperators(
  relation: Relation,
  operators: readonly Operator[],
  surroundings: Surroundings,
): CompiledQuery {
  const compilation = new Compilation(surroundings)
  return compilation.finish(compilation.applySteps({ ...relation, ordered: false }, operators))
}

/** A table that `let` names, as a common table expression: however often it is used, its SQL is there once. */
interface CommonTable {
  readonly name: string
  readonly stage: Stage
}

class Compilation implements Names {
  readonly scalars: Map<string, TypedSql>
  readonly nowTicks: bigint
  readonly #surroundings: Surroundings
  readonly #tables = new Map<string, CommonTable>()
  readonly #commonTables: CommonTable[] = []
  #steps = 0

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings
    this.nowTicks = surroundings.nowTicks
    this.scalars = new Map(surroundings.parameters)
  }

  hasTable(name: string): boolean {
    return this.#tables.has(name) || this.#surroundings.tableNames().includes(name)
  }

  define({ name, value }: LetStatement): void {
    const query = this.#queryOf(value)
    if (query === undefined) {
      const scalar = compileExpression(value, scopeOf(undefined, this))
      this.scalars.set(name, scalar)
      this.#tables.delete(name)
      return
    }
    const table = { name: `let_${this.#commonTables.length}`, stage: this.compileQuery(query) }
    this.#commonTables.push(table)
    this.#tables.set(name, table)
    this.scalars.delete(name)
  }

  /** A lone name may stand for a table. */
  #queryOf(value: LetStatement['value']): Query | undefined {
    if (value.kind === 'query') return value.query
    if (value.kind !== 'name' || this.scalars.has(value.name) || !this.hasTable(value.name)) return undefined
    return { source: { kind: 'table', name: value.name }, operators: [] }
  }

  compileQuery(query: Query): Stage {
    return this.applySteps(this.#source(query), query.operators)
  }

  #source({ source }: Query): Stage {
    switch (source.kind) {
      case 'table':
        return this.#table(source.name)
      case 'query':
        return this.compileQuery(source.query)
      case 'print':
        return print(source, this)
      case 'datatable':
        return datatable(source, this)
      case 'range':
        return range(source, this)
      case 'union':
        return union(undefined, source.union, this)
    }
  }

  #table(name: string): Stage {
    const common = this.#tables.get(name)
    if (common !== undefined) {
      const { columns, ordered } = common.stage
      const items = [...columns.map((column) => column.sql), ...(ordered ? [PLACE] : [])]
      return {
        sql: `SELECT ${items.join(', ')} FROM ${common.name}`,
        parameters: [],
        columns,
        ordered,
        origin: name,
      }
    }
    const relation = this.#surroundings.findTable(name)
    if (relation !== undefined) return { ...relation, ordered: false, origin: name }
    if (this.scalars.has(name))
      throw semanticFailure(`'${name}' is a single value, and a table is needed here.`)
    const names = [...this.#tables.keys(), ...this.#surroundings.tableNames()]
    throw semanticFailure(
      `'table' operator: Failed to resolve table expression named '${name}'.` +
        `${sentenceOf(nearNames(name, names))} Tables and views here: ${names.join(', ')}.`,
    )
  }

  applySteps(first: Stage, operators: readonly Operator[]): Stage {
    let stage = first
    for (let index = 0; index < operators.length; index += 1) {
      const operator = operators[index]
      const following = operators[index + 1]
      if (operator === undefined) break
      this.#steps += 1
      if (this.#steps > ALL_OPERATORS_MAX)
        throw semanticFailure(`A query and its inner queries have at most ${ALL_OPERATORS_MAX} steps.`)
      const isTop = operator.kind === 'order' && following?.kind === 'take'
      stage = compileStep(stage, operator, this, isTop ? following.rows : undefined)
      if (isTop) index += 1
    }
    return stage
  }

  finish(stage: Stage): CompiledQuery {
    const columns = stage.columns.map((column) => column.sql).join(', ')
    const commonTables = this.#commonTables.map(({ name, stage }) => `${name} AS (${stage.sql})`)
    const tables = commonTables.length === 0 ? '' : `WITH ${commonTables.join(', ')} `
    const sql = `${tables}SELECT ${columns} FROM (${stage.sql})${stage.ordered ? ` ORDER BY ${PLACE}` : ''}`
    const parameters = [
      ...this.#commonTables.flatMap(({ stage }) => [...stage.parameters]),
      ...stage.parameters,
    ]
    requireShort(sql, parameters)
    return {
      sql,
      parameters,
      columns: stage.columns.map(({ name, type }) => ({ name, type })),
    }
  }
}
