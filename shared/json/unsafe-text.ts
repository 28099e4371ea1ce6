import type { FieldProblem } from '../errors/index.ts'
import { jsonPointer } from './pointer.ts'

/**
 * In text decoded from UTF-8, U+0000 and lone surrogates can only come from an escape that this pattern finds (a raw
 * U+0000 is not valid JSON). The pattern also finds an escaped backslash and a proper pair; the walk then finds
 * nothing.
 */
const SUSPICIOUS_ESCAPE = /\\u(?:0000|[dD][89a-fA-F])/

/** True where some string of the text may hold what PostgreSQL's text and jsonb cannot store. */
export function mayHoldUnsafeText(text: string): boolean {
  return SUSPICIOUS_ESCAPE.test(text) || !text.isWellFormed()
}

/**
 * Lists strings and member names of a parsed value that hold U+0000 or a lone surrogate, at most `limit` of them.
 * @param at the path of the value @param firstIndex index of its first item, where it is a later piece of an array
 */
export function findUnsafeText(
  value: unknown,
  limit: number,
  at: readonly PropertyKey[] = [],
  firstIndex = 0,
): FieldProblem[] {
  const problems: FieldProblem[] = []
  const path: PropertyKey[] = [...at]
  const visit = (current: unknown): void => {
    if (problems.length >= limit) return
    if (typeof current === 'string') {
      report(current, 'the string')
    } else if (Array.isArray(current)) {
      const first = current === value ? firstIndex : 0
      for (const [index, item] of current.entries()) descend(first + index, item)
    } else if (current !== null && typeof current === 'object') {
      for (const [name, member] of Object.entries(current)) {
        report(name, 'the name of a member here')
        descend(name, member)
      }
    }
  }
  const descend = (part: PropertyKey, child: unknown): void => {
    path.push(part)
    visit(child)
    path.pop()
  }
  const report = (text: string, what: string): void => {
    const fault = describeFault(text)
    if (fault !== undefined) problems.push({ pointer: jsonPointer(path), message: `${what} holds ${fault}` })
  }
  visit(value)
  return problems.slice(0, limit)
}

function describeFault(text: string): string | undefined {
  if (text.includes('\u0000')) return 'the character U+0000'
  return text.isWellFormed() ? undefined : 'a lone surrogate (half of a UTF-16 pair)'
}
