/**
 * The subset of KQL that the stand-in answers: words, expressions, pipelines, and their translation into SQL.
 *
 * Invariants: values of a request reach SQL as parameters only; what is not supported is refused with a message that
 * names it and lists what is supported, and is never answered with something similar. It must not run anything.
 */
export { compileOperators } from './query-compiler.ts'
export type { CompiledQuery, Relation } from './query-compiler.ts'
export { lookupColumns } from './lookups.ts'
export { parseOperators, parseQuery } from './query-parser.ts'
export { readParameters } from './parameters.ts'
export type { GivenParameters } from './parameters.ts'
export { readTokens } from './token-reader.ts'
export type { TokenReader } from './token-reader.ts'
export type { Expression, Operator, Query } from './syntax.ts'
export type { BoundColumn, Scope } from './typed-sql.ts'
