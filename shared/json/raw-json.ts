/**
 * Types of the "JSON.parse source text access" proposal (https://github.com/tc39/proposal-json-parse-with-source),
 * which Node 24 has and TypeScript's es2024 library lacks. Declared here and nowhere else.
 */

/** A frozen object that `JSON.stringify` writes as the text it was made from. Kept in place of an integer that a double would change. */
export interface RawJson {
  readonly rawJSON: string
}

/** What a reviver is told beside key and value: the text of a primitive as it stood in the document; absent for objects and arrays. */
export interface ReviverContext {
  readonly source?: string
}

declare global {
  interface JSON {
    parse(text: string, reviver: (key: string, value: unknown, context: ReviverContext) => unknown): unknown
    rawJSON(text: string): RawJson
    isRawJSON(value: unknown): value is RawJson
  }
}

/** True for a number that is kept as text since a double cannot hold it. */
export function isRawJson(value: unknown): value is RawJson {
  return JSON.isRawJSON(value)
}
