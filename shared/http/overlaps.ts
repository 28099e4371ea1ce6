import { parsePathTemplate, templatesOverlap } from './path-template.ts'
import type { RouteFacts } from './route-types.ts'

type Named = Pick<RouteFacts, 'name' | 'method' | 'path' | 'isCatchAll'>

/**
 * Lists pairs of routes that could take the same request, in words. The host tries functions in the order of their
 * names and does not prefer the more specific route, so the names would decide which of the two answers. The catch-all
 * is exempt: it must be tried last instead.
 */
export function findOverlaps(routes: readonly Named[]): string[] {
  const problems: string[] = []
  for (const [index, left] of routes.entries()) {
    for (const right of routes.slice(index + 1)) {
      if (compareNames(left.name, right.name) === 0) {
        problems.push(`Two routes are named ${left.name}: ${describe(left)} and ${describe(right)}`)
      } else if (
        !left.isCatchAll &&
        !right.isCatchAll &&
        left.method === right.method &&
        overlap(left, right)
      ) {
        problems.push(`${describe(left)} (${left.name}) and ${describe(right)} (${right.name}) overlap`)
      }
    }
  }
  for (const catchAll of routes.filter(({ isCatchAll }) => isCatchAll)) {
    for (const other of routes) {
      if (other !== catchAll && compareNames(other.name, catchAll.name) > 0) {
        problems.push(`${catchAll.name} must have the last name of all, but ${other.name} comes after it`)
      }
    }
  }
  return problems
}

function overlap(left: Named, right: Named): boolean {
  return templatesOverlap(parsePathTemplate(left.path), parsePathTemplate(right.path))
}

function describe({ method, path }: Named): string {
  return `${method} ${path}`
}

/** As .NET's StringComparer.OrdinalIgnoreCase orders function names, which are ASCII: by their upper-case characters. */
function compareNames(left: string, right: string): number {
  const a = left.toUpperCase()
  const b = right.toUpperCase()
  return a === b ? 0 : a < b ? -1 : 1
}
