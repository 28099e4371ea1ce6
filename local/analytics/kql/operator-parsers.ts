import { syntaxFailure, unsupported } from '../failure.ts'
import type { Expression, NamedExpression, Operator, Query, SortKey } from './syntax.ts'
import type { TokenReader } from './token-reader.ts'

/** What the readers of single steps need of the whole: expressions and queries contain each other. */
export interface Parsers {
  expression(reader: TokenReader): Expression
  /** A query that stands inside another one: a name, or a query in parentheses. */
  innerQuery(reader: TokenReader): Query
}

/** Reads what follows the word of a step. */
export type ParseOperator = (reader: TokenReader, parsers: Parsers) => Operator

export function parseNamedList(reader: TokenReader, parsers: Parsers): NamedExpression[] {
  const list = [parseNamed(reader, parsers)]
  while (reader.accept(',')) list.push(parseNamed(reader, parsers))
  return list
}

export function parseNamed(reader: TokenReader, parsers: Parsers): NamedExpression {
  if (reader.peek().text === '(' && reader.peek(1).kind === 'name' && reader.peek(2).text === ',')
    throw unsupported('several names in parentheses', ['Name = expression', 'project-rename New = Old'])
  const name = parseNameBefore(reader)
  return { name, expression: parsers.expression(reader) }
}

/** The name in front of a `=`: `Name =`, `['a name'] =`. */
function parseNameBefore(reader: TokenReader): string | undefined {
  const isQuoted = reader.peek().text === '[' && reader.peek(1).kind === 'string'
  const after = reader.peek(isQuoted ? 3 : 1)
  const isNamed = (isQuoted || reader.peek().kind === 'name') && after.kind === 'symbol' && after.text === '='
  if (!isNamed) return undefined
  const name = reader.expectName('a column name')
  reader.expect('=')
  return name
}

function parseSortKey(reader: TokenReader, parsers: Parsers): SortKey {
  const expression = parsers.expression(reader)
  // Kusto's default is descending. If the query does not say where nulls go, null counts as the smallest value.
  const direction = reader.accept('asc') ? 'asc' : 'desc'
  if (direction === 'desc') reader.accept('desc')
  let nulls: SortKey['nulls'] = direction === 'asc' ? 'first' : 'last'
  if (reader.accept('nulls')) nulls = parseNulls(reader)
  return { expression, direction, nulls }
}

function parseNulls(reader: TokenReader): SortKey['nulls'] {
  if (reader.accept('first')) return 'first'
  reader.expect('last')
  return 'last'
}

const parseOrder: ParseOperator = (reader, parsers) => {
  reader.expect('by')
  const keys = [parseSortKey(reader, parsers)]
  while (reader.accept(',')) keys.push(parseSortKey(reader, parsers))
  return { kind: 'order', keys }
}

const parseTop: ParseOperator = (reader, parsers) => {
  const rows = parsers.expression(reader)
  reader.expect('by')
  const key = parseSortKey(reader, parsers)
  if (reader.peek().text === ',')
    throw syntaxFailure('top takes one expression. For several: sort by A, B | take N.')
  return { kind: 'top', rows, key }
}

const parseTake: ParseOperator = (reader, parsers) => ({ kind: 'take', rows: parsers.expression(reader) })

const parseDistinct: ParseOperator = (reader, parsers) => {
  if (reader.accept('*')) return { kind: 'distinct', columns: 'all' }
  return { kind: 'distinct', columns: parseNamedList(reader, parsers) }
}

const parseSummarize: ParseOperator = (reader, parsers) => {
  if (reader.accept('by')) return { kind: 'summarize', aggregates: [], by: parseNamedList(reader, parsers) }
  const aggregates = parseNamedList(reader, parsers)
  const by = reader.accept('by') ? parseNamedList(reader, parsers) : []
  return { kind: 'summarize', aggregates, by }
}

const parseRename: ParseOperator = (reader) => {
  const columns: { name: string; old: string }[] = []
  do {
    const name = reader.expectName('the new name of a column')
    reader.expect('=')
    columns.push({ name, old: reader.expectName('a column name') })
  } while (reader.accept(','))
  return { kind: 'project-rename', columns }
}

function patterns(kind: 'project-away' | 'project-keep' | 'project-reorder'): ParseOperator {
  return (reader) => {
    const list = [parsePattern(reader)]
    while (reader.accept(',')) list.push(parsePattern(reader))
    return { kind, patterns: list }
  }
}

/** The name of a column, in which `*` stands for any text: `*`, `Trace*`, `*Id`. */
function parsePattern(reader: TokenReader): string {
  let pattern = reader.accept('*') ? '*' : reader.expectName("a column name or a pattern such as 'Trace*'")
  for (;;) {
    const token = reader.peek()
    const isNext = token.start === reader.previousEnd()
    if (isNext && token.kind === 'symbol' && token.text === '*') pattern += reader.next().text
    else if (isNext && token.kind === 'name' && pattern.endsWith('*')) pattern += reader.next().text
    else return pattern
  }
}

const parseWhere: ParseOperator = (reader, parsers) => ({
  kind: 'where',
  condition: parsers.expression(reader),
})

const parseProject: ParseOperator = (reader, parsers) => ({
  kind: 'project',
  columns: parseNamedList(reader, parsers),
})

const parseExtend: ParseOperator = (reader, parsers) => ({
  kind: 'extend',
  columns: parseNamedList(reader, parsers),
})

/** `name = word` pairs in front of what a step works on: `kind=inner hint.strategy=shuffle`. */
export function parseOptions(reader: TokenReader, known: readonly string[]): Map<string, string> {
  const options = new Map<string, string>()
  for (;;) {
    const isHint = reader.peek().text.toLowerCase() === 'hint' && reader.peek(1).text === '.'
    const isOption = reader.peek().kind === 'name' && reader.peek(1).text === '='
    if (!isHint && !(isOption && known.includes(reader.peek().text.toLowerCase()))) return options
    const name = reader.next().text.toLowerCase()
    if (isHint) {
      // Hints change how fast the real service answers, and nothing in the answer.
      reader.expect('.')
      reader.expectName('the name of a hint')
    }
    reader.expect('=')
    const value = reader.next()
    if (value.kind !== 'name' && value.kind !== 'number')
      throw syntaxFailure(`'${name}=' needs a word at character ${value.start}.`)
    if (!isHint) options.set(name, value.text)
  }
}

export const simpleOperators: Readonly<Record<string, ParseOperator>> = {
  where: parseWhere,
  filter: parseWhere,
  count: () => ({ kind: 'count' }),
  take: parseTake,
  limit: parseTake,
  top: parseTop,
  order: parseOrder,
  sort: parseOrder,
  project: parseProject,
  'project-away': patterns('project-away'),
  'project-keep': patterns('project-keep'),
  'project-rename': parseRename,
  'project-reorder': patterns('project-reorder'),
  extend: parseExtend,
  distinct: parseDistinct,
  summarize: parseSummarize,
  getschema: () => ({ kind: 'getschema' }),
}
