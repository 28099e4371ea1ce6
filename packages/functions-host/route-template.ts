/**
 * Route templates: `literal`, `{x}`, `{x?}`, `{x=default}`, `{*rest}`, `{x:constraint:constraint}`, and segments that
 * mix literals with parameters (`{name}.{extension?}`). Matching ignores case and one slash at the end.
 *
 * Source: ASP.NET Core routing: RoutePatternParser.cs, RouteParameterParser.cs, RoutePatternMatcher.cs.
 */
import { createRouteConstraint } from './route-constraints.ts'
import type { RouteConstraint } from './route-constraints.ts'
import { splitTemplate } from './route-template-parts.ts'
import type { TemplateParameter, TemplatePart } from './route-template-parts.ts'

/** Values of the parameters of a matched route; parameters without a value are absent. */
export type RouteValues = Record<string, string>

interface ComplexMatcher {
  readonly expression: RegExp
  readonly names: readonly string[]
}

type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'parameter'; readonly parameter: TemplateParameter }
  | { readonly kind: 'complex'; readonly matchers: readonly ComplexMatcher[] }

interface ConstrainedParameter {
  readonly name: string
  readonly optional: boolean
  readonly constraints: readonly RouteConstraint[]
}

export interface RouteTemplate {
  readonly text: string
  readonly segments: readonly Segment[]
  readonly constrained: readonly ConstrainedParameter[]
  readonly defaults: Readonly<RouteValues>
}

/** A decoded path, split once for all templates. */
export interface PathSegments {
  readonly path: string
  readonly segments: readonly string[]
  readonly lowerCase: readonly string[]
}

/** Splits a decoded path; routing ignores one slash at its end. */
export function toPathSegments(path: string): PathSegments {
  const inner = path.endsWith('/') && path.length > 1 ? path.slice(1, -1) : path.slice(1)
  const segments = path === '/' ? [] : inner.split('/')
  return { path, segments, lowerCase: segments.map((segment) => segment.toLowerCase()) }
}

/**
 * Parses a template.
 * @throws Error when ASP.NET Core would refuse the template, or a constraint in it is unknown
 */
export function parseRouteTemplate(text: string): RouteTemplate {
  const segments = splitTemplate(text)
  const parameters = segments.flat().flatMap((part) => (part.kind === 'parameter' ? [part.parameter] : []))
  checkParameters(segments, parameters)
  const defaults: RouteValues = {}
  for (const { name, defaultValue } of parameters)
    if (defaultValue !== undefined) defaults[name] = defaultValue
  return {
    text,
    segments: segments.map(toSegment),
    constrained: parameters
      .filter((parameter) => parameter.constraints.length > 0)
      .map(({ name, optional, constraints }) => ({
        name,
        optional,
        constraints: constraints.map(createRouteConstraint),
      })),
    defaults,
  }
}

function checkParameters(
  segments: readonly TemplatePart[][],
  parameters: readonly TemplateParameter[],
): void {
  const names = new Set(parameters.map((parameter) => parameter.name.toLowerCase()))
  if (names.size < parameters.length) throw new Error('A parameter of the route appears more than once.')
  const catchAll = parameters.findIndex((parameter) => parameter.catchAll)
  const last = segments.at(-1)
  if (
    catchAll !== -1 &&
    (catchAll !== parameters.length - 1 || last?.length !== 1 || last[0]?.kind !== 'parameter')
  ) {
    throw new Error('A catch-all parameter must be the whole last segment of a route.')
  }
}

function toSegment(parts: readonly TemplatePart[]): Segment {
  const [first] = parts
  if (parts.length > 1 || first === undefined) return { kind: 'complex', matchers: complexMatchers(parts) }
  return first.kind === 'literal' ? { kind: 'literal', text: first.text.toLowerCase() } : first
}

/**
 * A mixed segment is matched from the right, so parameters on the left take as much text as they can, as greedy groups
 * do. With an optional last parameter the segment may also end before its separator.
 */
function complexMatchers(parts: readonly TemplatePart[]): ComplexMatcher[] {
  for (const [index, part] of parts.entries()) {
    if (part.kind === 'literal') continue
    if (parts[index + 1]?.kind === 'parameter')
      throw new Error('Two parameters of a route need a literal between them.')
    const before = parts[index - 1]
    if (
      part.parameter.optional &&
      (index !== parts.length - 1 || before?.kind !== 'literal' || before.text !== '.')
    ) {
      throw new Error('An optional parameter in a mixed segment of a route must be last, after a period.')
    }
  }
  const last = parts.at(-1)
  const lastIsOptional = last?.kind === 'parameter' && last.parameter.optional
  const whole = complexMatcher(parts, '')
  return lastIsOptional ? [whole, complexMatcher(parts.slice(0, -2), String.raw`(?!.*\.$)`)] : [whole]
}

function complexMatcher(parts: readonly TemplatePart[], guard: string): ComplexMatcher {
  const source = parts.map((part) =>
    part.kind === 'literal' ? part.text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`) : '(.+)',
  )
  return {
    expression: new RegExp(`^${guard}${source.join('')}$`, 'is'),
    names: parts.flatMap((part) => (part.kind === 'parameter' ? [part.parameter.name] : [])),
  }
}

/** The values of the parameters when the path matches the template and its constraints, else undefined. */
export function matchRoute(template: RouteTemplate, path: PathSegments): RouteValues | undefined {
  const values = matchSegments(template, path)
  if (values === undefined) return undefined
  for (const name in template.defaults) values[name] ??= template.defaults[name] ?? ''
  for (const { name, optional, constraints } of template.constrained) {
    const value = values[name]
    if (value === undefined ? !optional : !constraints.every((accepts) => accepts(value))) return undefined
  }
  return values
}

function matchSegments(template: RouteTemplate, path: PathSegments): RouteValues | undefined {
  const values: RouteValues = {}
  let offset = 1
  for (const [index, text] of path.segments.entries()) {
    const segment = template.segments[index]
    if (text === '' || segment === undefined) return undefined
    if (segment.kind === 'literal' && segment.text !== path.lowerCase[index]) return undefined
    if (segment.kind === 'complex' && !matchComplex(segment.matchers, text, values)) return undefined
    if (segment.kind === 'parameter') {
      values[segment.parameter.name] = segment.parameter.catchAll ? path.path.slice(offset) : text
      if (segment.parameter.catchAll) return values
    }
    offset += text.length + 1
  }
  // The path is shorter than the template: each segment left must be a catch-all, be optional or have a default.
  for (let index = path.segments.length; index < template.segments.length; index++) {
    const segment = template.segments[index]
    if (segment?.kind !== 'parameter') return undefined
    const { catchAll, optional, defaultValue } = segment.parameter
    if (!catchAll && !optional && defaultValue === undefined) return undefined
  }
  return values
}

function matchComplex(matchers: readonly ComplexMatcher[], text: string, values: RouteValues): boolean {
  for (const { expression, names } of matchers) {
    const match = expression.exec(text)
    if (match === null) continue
    for (const [index, name] of names.entries()) values[name] = match[index + 1] ?? ''
    return true
  }
  return false
}
