import { syntaxFailure, unsupported } from '../failure.ts'
import { columnTypeOf } from '../values/index.ts'
import type { ColumnType } from '../values/index.ts'
import { parseNamed, parseOptions } from './operator-parsers.ts'
import type { ParseOperator, Parsers } from './operator-parsers.ts'
import { JOIN_KINDS } from './syntax.ts'
import type { Expansion, JoinKey, JoinKind, Union } from './syntax.ts'
import type { TokenReader } from './token-reader.ts'

/** Steps that bring in a second table or make several rows of one. */
export const tableOperators: Readonly<Record<string, ParseOperator>> = {
  join: parseJoin,
  lookup: parseLookup,
  union: (reader, parsers) => ({ kind: 'union', union: parseUnion(reader, parsers) }),
  'mv-expand': parseExpand,
}

/** Other names of kinds that mean the same. */
const kindAliases: Readonly<Record<string, JoinKind>> = {
  anti: 'leftanti',
  leftantisemi: 'leftanti',
  rightantisemi: 'rightanti',
}

function parseJoin(reader: TokenReader, parsers: Parsers): ReturnType<ParseOperator> {
  const written = parseOptions(reader, ['kind']).get('kind')?.toLowerCase() ?? 'innerunique'
  const joinKind = kindAliases[written] ?? JOIN_KINDS.find((kind) => kind === written)
  if (joinKind === undefined) throw unsupported(`the join kind '${written}'`, JOIN_KINDS)
  const right = parsers.innerQuery(reader)
  return { kind: 'join', joinKind, right, keys: parseKeys(reader), keepsRightKeys: true }
}

function parseLookup(reader: TokenReader, parsers: Parsers): ReturnType<ParseOperator> {
  const written = parseOptions(reader, ['kind']).get('kind')?.toLowerCase() ?? 'leftouter'
  if (written !== 'leftouter' && written !== 'inner')
    throw unsupported(`the lookup kind '${written}'`, ['leftouter', 'inner'])
  const right = parsers.innerQuery(reader)
  return { kind: 'join', joinKind: written, right, keys: parseKeys(reader), keepsRightKeys: false }
}

/** `on Id, $left.A == $right.B and ...` */
function parseKeys(reader: TokenReader): JoinKey[] {
  reader.expect('on')
  const keys: JoinKey[] = []
  do {
    if (reader.peek().text.toLowerCase() !== '$left') {
      if (reader.peek().text.toLowerCase() === '$right')
        throw syntaxFailure("a condition of join is written '$left.A == $right.B', the left side first.")
      const name = reader.expectName('a column of both sides')
      keys.push({ left: name, right: name })
      continue
    }
    reader.next()
    reader.expect('.')
    const left = reader.expectName('a column of the left side')
    if (reader.peek().text !== '==')
      throw syntaxFailure("a condition of join is written '$left.A == $right.B'; only == is possible.")
    reader.expect('==')
    reader.expect('$right')
    reader.expect('.')
    keys.push({ left, right: reader.expectName('a column of the right side') })
  } while (reader.accept(',') || reader.accept('and'))
  return keys
}

/** What follows the word `union`, as a step or at the beginning of a query. */
export function parseUnion(reader: TokenReader, parsers: Parsers): Union {
  const options = parseOptions(reader, ['kind', 'withsource', 'with_source', 'isfuzzy'])
  const kind = options.get('kind')?.toLowerCase() ?? 'outer'
  if (kind !== 'inner' && kind !== 'outer') throw unsupported(`'union kind=${kind}'`, ['inner', 'outer'])
  if (options.get('isfuzzy')?.toLowerCase() === 'true')
    throw unsupported("'isfuzzy=true'", ['union of tables that exist'])
  const queries = [parsers.innerQuery(reader)]
  while (reader.accept(',')) queries.push(parsers.innerQuery(reader))
  return { kind, sourceColumn: options.get('withsource') ?? options.get('with_source'), queries }
}

function parseExpand(reader: TokenReader, parsers: Parsers): ReturnType<ParseOperator> {
  const options = parseOptions(reader, ['kind', 'bagexpansion', 'with_itemindex'])
  const bagExpansion = (options.get('kind') ?? options.get('bagexpansion') ?? 'bag').toLowerCase()
  if (bagExpansion !== 'bag' && bagExpansion !== 'array')
    throw unsupported(`'mv-expand kind=${bagExpansion}'`, ['bag', 'array'])
  const expansions: Expansion[] = []
  do expansions.push({ ...parseNamed(reader, parsers), type: parseTypeOf(reader) })
  while (reader.accept(','))
  const limit = reader.accept('limit') ? parsers.expression(reader) : undefined
  return { kind: 'mv-expand', expansions, bagExpansion, indexName: options.get('with_itemindex'), limit }
}

/** `to typeof(long)` */
function parseTypeOf(reader: TokenReader): ColumnType | undefined {
  if (!reader.accept('to')) return undefined
  reader.expect('typeof')
  reader.expect('(')
  const type = columnTypeOf(reader.expectName('a type'))
  reader.expect(')')
  return type
}
