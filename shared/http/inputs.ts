import type { z } from 'zod'
import { TrickleError } from '../errors/index.ts'
import type { IncomingRequest } from './incoming-request.ts'
import type { InputSchema } from './route-types.ts'
import { addProblem } from './findings.ts'
import type { Findings } from './findings.ts'
import { byName, checkPart } from './validation.ts'

/** One part of a request: as it came, for fingerprints, and as its schema made it. */
export interface CheckedPart {
  readonly given: Readonly<Record<string, string | string[]>>
  readonly value: unknown
}

/** What the kernel needs of a query schema, found once for each route. */
export interface QueryFacts {
  readonly schema: InputSchema | undefined
  readonly names: readonly string[]
  readonly repeatable: ReadonlySet<string>
}

export function queryFactsOf(schema: InputSchema | undefined): QueryFacts {
  const shape = schema?.shape ?? {}
  const names = Object.keys(shape)
  return { schema, names, repeatable: new Set(names.filter((name) => isArray(shape[name]))) }
}

/** Looks through what zod wraps around a schema: optional, default, transformation. */
function isArray(schema: unknown): boolean {
  let current = schema as z.core.$ZodTypes | undefined
  while (current !== undefined) {
    const { _zod: internals } = current
    const { def } = internals
    if (def.type === 'array') return true
    if ('innerType' in def) current = def.innerType as z.core.$ZodTypes
    else if (def.type === 'pipe') current = def.in as z.core.$ZodTypes
    else return false
  }
  return false
}

/**
 * Refuses a URL with percent escapes that are not UTF-8: the URL parser would silently put U+FFFD in their place, and the
 * caller would read or write something else than it named.
 * @throws TrickleError VALIDATION_FAILED
 */
export function checkUrlEncoding(url: string): void {
  if (!url.includes('%')) return
  try {
    decodeURIComponent(url)
  } catch {
    throw new TrickleError(
      'VALIDATION_FAILED',
      'The path or the query holds a percent escape that is not UTF-8.',
    )
  }
}

/**
 * Takes the route's own parameters out of what the host gives.
 *
 * The host merges members of a JSON body and of the query into `request.params`, and a route's value keeps the spelling
 * under which such a member came first (HttpTriggerAttributeBindingProvider.GetRequestBindingDataAsync: a dictionary
 * that ignores case, filled from body, query and route in this order). So only the template's names are believed, and
 * they are looked up without regard to case.
 */
export function readParams(
  request: IncomingRequest,
  names: readonly string[],
  schema: InputSchema | undefined,
  findings: Findings,
): CheckedPart {
  const given: Record<string, string> = {}
  for (const name of names) {
    const value = request.params[name] ?? request.params[findSpelling(request, name) ?? '']
    if (value !== undefined) given[name] = value
    if (value !== undefined) checkText(name, value, findings)
  }
  return { given, value: schema === undefined ? given : checkPart(schema, given, byName, findings, 0) }
}

/**
 * Without the `u` flag, `i` lets ASCII letters match ASCII letters only; toLowerCase would turn the Kelvin sign into a
 * k.
 */
function findSpelling(request: IncomingRequest, name: string): string | undefined {
  const sameName = new RegExp(`^${name}$`, 'i')
  return Object.keys(request.params).find((key) => sameName.test(key))
}

/** Checks the query: unknown names and repetitions are refused, since a misspelt filter would silently select everything. */
export function readQuery(request: IncomingRequest, facts: QueryFacts, findings: Findings): CheckedPart {
  const given: Record<string, string | string[]> = {}
  for (const name of new Set(request.query.keys())) {
    const values = request.query.getAll(name)
    for (const value of values) checkText(name, value, findings)
    const problem = queryProblem(name, values.length, facts)
    if (problem !== undefined) addProblem(findings, { pointer: shorten(name), message: problem })
    else given[name] = facts.repeatable.has(name) ? values : (values[0] ?? '')
  }
  const { schema } = facts
  return { given, value: schema === undefined ? given : checkPart(schema, given, byName, findings, 0) }
}

function queryProblem(name: string, count: number, facts: QueryFacts): string | undefined {
  if (!facts.names.includes(name)) {
    const known = facts.names.length === 0 ? 'none' : facts.names.join(', ')
    return `is not a query parameter of this route (known: ${known})`
  }
  return count > 1 && !facts.repeatable.has(name) ? `is given ${count} times; give it once` : undefined
}

/** Checks the headers that the route declares; all others are ignored. */
export function readHeaders(
  request: IncomingRequest,
  schema: InputSchema | undefined,
  findings: Findings,
): unknown {
  const given: Record<string, string> = {}
  for (const name of Object.keys(schema?.shape ?? {})) {
    const value = request.headers.get(name)
    if (value !== null) given[name] = value
  }
  return schema === undefined ? given : checkPart(schema, given, byName, findings, 0)
}

function checkText(name: string, value: string, findings: Findings): void {
  if (!value.includes('\u0000')) return
  findings.code ??= 'INVALID_TEXT'
  addProblem(findings, { pointer: shorten(name), message: 'holds the character U+0000' })
}

/** A name from a URL may be as long as the URL. */
function shorten(name: string): string {
  const limit = 100
  return name.length <= limit ? name : `${name.slice(0, limit)}…`
}
