/** A request's headers, query and metadata in the form in which the host gives them to a worker. */
import type { IncomingMessage } from 'node:http'
import type { TypedData } from './core-api.ts'
import type { RouteValues } from './route-template.ts'

/** Headers by lower-case name. The values of a repeated header are joined with ',', as StringValues.ToString does. */
export function joinHeaders(request: IncomingMessage): Record<string, string> {
  const joined: Record<string, string> = {}
  const raw = request.rawHeaders
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase()
    const value = raw[index + 1] ?? ''
    joined[name] = joined[name] === undefined ? value : `${joined[name]},${value}`
  }
  return joined
}

/** Query parameters. Case in names is ignored. The values of a repeated parameter are joined with ','. */
export function joinQuery(query: string): Record<string, string> {
  const joined: Record<string, string> = {}
  if (query.length < 2) return joined
  const nameByLowerCase = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(query)) {
    const lowerCase = name.toLowerCase()
    const known = nameByLowerCase.get(lowerCase)
    if (known === undefined) nameByLowerCase.set(lowerCase, name)
    joined[known ?? name] = known === undefined ? value : `${joined[known]},${value}`
  }
  return joined
}

/** The key that a caller presents: the header, otherwise the query parameter `code`. */
export function presentedKey(request: IncomingMessage, query: string): string | undefined {
  const header = request.headers['x-functions-key']
  if (typeof header === 'string') return header
  if (!/[?&]code=/i.test(query)) return undefined
  for (const [name, value] of new URLSearchParams(query)) if (name.toLowerCase() === 'code') return value
  return undefined
}

/**
 * What the library reads in streaming mode instead of the request itself: `Headers`, `Query`, and every other entry
 * becomes a `request.params` entry.
 *
 * The platform mixes the query's parameters (all but `code`) into the same table. Names in it ignore case, and the
 * first spelling stays. So `?StreamId=x` hides the route's `streamId`, a query parameter fills an optional route
 * parameter, and `?headers=` empties `request.headers`. Here it is the same, so that these traps show in the local run.
 * (The platform also adds top-level fields of a JSON body. That isn't imitated: the host would have to read the body
 * before it calls the function.)
 * Source: azure-webjobs-sdk-extensions, HttpTriggerAttributeBindingProvider.cs (GetRequestBindingData);
 * '@azure/functions', http/HttpRequest.ts (createStreamRequest).
 */
export function streamTriggerMetadata(
  request: IncomingMessage,
  query: string,
  values: RouteValues,
): Record<string, TypedData> {
  const metadata: Record<string, TypedData> = {}
  const headers = JSON.stringify(joinHeaders(request))
  if (query.length < 2) {
    for (const name in values) metadata[name] = { string: values[name] ?? '' }
    metadata['Query'] = { json: '{}' }
    metadata['Headers'] = { json: headers }
    return metadata
  }
  const nameByLowerCase = new Map<string, string>()
  const set = (name: string, data: TypedData): void => {
    const known = nameByLowerCase.get(name.toLowerCase())
    if (known === undefined) nameByLowerCase.set(name.toLowerCase(), name)
    metadata[known ?? name] = data
  }
  const parameters = joinQuery(query)
  for (const [name, value] of Object.entries(parameters))
    if (name.toLowerCase() !== 'code') set(name, { string: value })
  for (const [name, value] of Object.entries(values)) set(name, { string: value })
  if (!nameByLowerCase.has('query')) set('Query', { json: JSON.stringify(parameters) })
  if (!nameByLowerCase.has('headers')) set('Headers', { json: headers })
  return metadata
}
