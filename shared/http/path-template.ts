/** One segment of a path template: a literal in lower case, a parameter, or the rest of the path. */
export type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'parameter'; readonly name: string }
  | { readonly kind: 'rest'; readonly name: string }

export interface PathTemplate {
  readonly segments: readonly Segment[]
  /** Names of the parameters, in order. */
  readonly parameters: readonly string[]
}

const PARAMETER = /^\{(\*?)([A-Za-z]\w*)\}$/
const LITERAL = /^[A-Za-z0-9._~-]+$/

/**
 * Reads a path such as '/api/streams/{streamId}/events' or '/api/{*path}'. Constraints and optional parameters of the
 * host's syntax are refused: its routing does not prefer the more specific route, so they would only hide overlaps.
 * @throws Error where the template is not of that form or does not begin with /api/.
 */
export function parsePathTemplate(path: string): PathTemplate {
  // The host marks a function as faulty if its route begins with "admin" or "runtime"; with /api/ no route does.
  if (!path.startsWith('/api/')) throw new Error(`The path ${path} must begin with /api/`)
  const parts = path.slice(1).split('/')
  const segments = parts.map((part, index): Segment => {
    const parameter = PARAMETER.exec(part)
    const name = parameter?.[2]
    if (name !== undefined && parameter?.[1] === '') return { kind: 'parameter', name }
    if (name !== undefined && index === parts.length - 1) return { kind: 'rest', name }
    if (!LITERAL.test(part))
      throw new Error(`The path ${path} has a segment that is not understood: "${part}"`)
    return { kind: 'literal', text: part.toLowerCase() }
  })
  const parameters = segments.flatMap((segment) => (segment.kind === 'literal' ? [] : [segment.name]))
  if (new Set(parameters.map((name) => name.toLowerCase())).size !== parameters.length) {
    throw new Error(`The path ${path} names a parameter twice`)
  }
  return { segments, parameters }
}

/** True where some path fits both templates. Literals are compared without case, as the host does. */
export function templatesOverlap(left: PathTemplate, right: PathTemplate): boolean {
  const longest = Math.max(left.segments.length, right.segments.length)
  for (let index = 0; index < longest; index += 1) {
    const a = left.segments[index]
    const b = right.segments[index]
    if (a?.kind === 'rest' || b?.kind === 'rest') return true
    if (a === undefined || b === undefined) return false
    if (a.kind === 'literal' && b.kind === 'literal' && a.text !== b.text) return false
  }
  return true
}

/** True where a request's path (as it stands in the URL, without query) fits the template; a slash at its end is ignored. */
export function templateMatches(template: PathTemplate, pathname: string): boolean {
  const parts = pathname.replace(/^\//, '').replace(/\/$/, '').split('/')
  for (const [index, segment] of template.segments.entries()) {
    if (segment.kind === 'rest') return true
    const part = parts[index]
    if (part === undefined || part === '') return false
    if (segment.kind === 'literal' && segment.text !== part.toLowerCase()) return false
  }
  return parts.length === template.segments.length
}
