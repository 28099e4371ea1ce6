import { syntaxFailure } from '../failure.ts'
import { membersOfObject, scanArray } from './json-scan.ts'
import type { JsonSpan } from './json-scan.ts'

/** Steps into a JSON value: a property's name or an element's index. */
export type JsonPath = readonly (string | number)[]

const STEP_PATTERN =
  /\.([A-Za-z_][\w$-]*)|\[\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(\d{1,9}))\s*\]|\.\['((?:[^'\\]|\\.)*)'\]/uy

/**
 * Reads the JSON paths that mappings use: `$`, `$.a.b`, `$['a b']`, `$.a[0]`. Wildcards and filters are not supported.
 * @throws KustoFailure for any other form
 */
export function parseJsonPath(text: string): JsonPath {
  const path: (string | number)[] = []
  let position = 1
  if (!text.startsWith('$')) throw syntaxFailure(`'${text}' is not a JSON path: it must begin with $.`)
  while (position < text.length) {
    STEP_PATTERN.lastIndex = position
    const match = STEP_PATTERN.exec(text)
    if (match === null)
      throw syntaxFailure(`'${text}' is not a JSON path that is supported ($.a.b, $['a b'], $.a[0]).`)
    const [, name, single, double, index, dotted] = match
    if (index === undefined) path.push((name ?? single ?? double ?? dotted ?? '').replace(/\\(.)/gu, '$1'))
    else path.push(Number(index))
    position = STEP_PATTERN.lastIndex
  }
  return path
}

/** The value that the path leads to, or undefined. The JSON at `from` must be well-formed. */
export function followPath(text: string, from: JsonSpan, path: JsonPath): JsonSpan | undefined {
  let span = from
  for (const step of path) {
    const first = text[span.start]
    let next: JsonSpan | undefined
    if (typeof step === 'string' && first === '{') next = membersOfObject(text, span.start).members.get(step)
    if (typeof step === 'number' && first === '[') next = elementOf(text, span, step)
    if (next === undefined) return undefined
    span = next
  }
  return span
}

function elementOf(text: string, span: JsonSpan, index: number): JsonSpan | undefined {
  let seen = 0
  let found: JsonSpan | undefined
  scanArray(text, span.start, 1, (element) => {
    if (seen === index) found = element
    seen += 1
  })
  return found
}
