/**
 * The subset of KQL that the stand-in answers: words, expressions, pipelines, and their translation into SQL.
 *
 * Invariants: values of a request reach SQL as parameters only; what is not supported is refused with a message that
 * names it and lists what is supported, and is never answered with something similar. It must not run anything.
 */
export { compileOperators, compileProgram } from './query-compiler.ts'
export type { CompiledQuery, Surroundings } from './query-compiler.ts'
export { lookupColumns } from './lookups.ts'
export { parseOperators, parseProgram, parseQuery } from './query-parser.ts'
export { readParameters } from './parameters.ts'
export type { GivenParameters } from './parameters.ts'
export { nearNames, sentenceOf } from './suggestions.ts'
export { literalSql } from './typed-sql.ts'
export { readTokens } from './token-reader.ts'
export type { TokenReader } from './token-reader.ts'
export type { Operator } from './syntax.ts'
export type { Relation } from './stage.ts'
