import { writeFileSync } from 'node:fs'
import { misplaced, partsOf } from './order.ts'
import type { Part } from './order.ts'
import type { ParsedFile, SourceTree } from './source-tree.ts'

/** Puts the helpers of some files below what calls them, with the constants and types that are theirs alone. */
export function reorderHelpers(
  { files }: SourceTree,
  folder: string,
  isChosen: (path: string) => boolean,
): void {
  for (const file of files) {
    if (!isChosen(file.path)) continue
    const before = partsOf(file)
    const after = ordered(before)
    if (after.some((part, index) => part !== before[index]))
      writeFileSync(`${folder}/${file.path}`, textOf(file, before, after))
  }
}

/** Each helper that stands above its callers goes below the first of them, in the order of the calls. */
function ordered(parts: readonly Part[]): Part[] {
  const order = [...parts]
  const callers = new Map<Part, { readonly caller: Part; readonly usedAt: number }>()
  // Each turn moves one helper down; what called it may have to follow, so it comes to an end.
  for (let turn = 0; turn < parts.length * parts.length; turn += 1) {
    const [helper] = misplaced(order)
    const name = helper?.name
    if (helper === undefined || name === undefined || name === null) break
    const caller = order.find((part) => part !== helper && part.uses.has(name))
    if (caller === undefined) break
    const unit = unitOf(order, helper)
    callers.set(helper, { caller, usedAt: caller.uses.get(name) ?? 0 })
    const rest = order.filter((part) => !unit.includes(part))
    order.splice(0, order.length, ...insertedBelow(rest, unit, helper, callers))
  }
  return order
}

type Callers = ReadonlyMap<Part, { readonly caller: Part; readonly usedAt: number }>

function insertedBelow(rest: readonly Part[], unit: readonly Part[], helper: Part, callers: Callers): Part[] {
  const place = callers.get(helper)
  if (place === undefined) return [...rest]
  const { caller, usedAt } = place
  let at = rest.indexOf(caller) + 1
  // Helpers of the same caller that it calls before this one stay above it, with their own helpers.
  for (let next = rest[at]; next !== undefined; next = rest[at]) {
    const sibling = siblingUnder(rest, at, caller, callers)
    if (sibling === undefined || sibling >= usedAt) break
    at += 1
  }
  return [...rest.slice(0, at), ...unit, ...rest.slice(at)]
}

/** Where the caller uses the helper that a statement belongs to; undefined where it belongs to none of the caller's. */
function siblingUnder(rest: readonly Part[], at: number, caller: Part, callers: Callers): number | undefined {
  // A constant or a type in front of a helper belongs to it.
  let part = rest.slice(at).find((candidate) => callers.has(candidate) || candidate.isHelper)
  if (part !== rest[at] && rest[at]?.isHelper !== false) part = rest[at]
  for (let link = part && callers.get(part); link !== undefined; link = callers.get(link.caller))
    if (link.caller === caller) return link.usedAt
  return undefined
}

/** The helper and what stands directly above it and is used by it alone. */
function unitOf(order: readonly Part[], helper: Part): Part[] {
  const unit = [helper]
  for (let at = order.indexOf(helper) - 1; at >= 0; at -= 1) {
    const part = order[at]
    const name = part?.name
    if (part === undefined || name === undefined || name === null) break
    const isValue = !part.isHelper && !part.statement.getText().startsWith('export')
    const isOwn = order.every((other) => other === part || unit.includes(other) || !other.uses.has(name))
    if (!isValue || !isOwn || !order.some((other) => unit.includes(other) && other.uses.has(name))) break
    unit.unshift(part)
  }
  return unit
}

/** The text of each statement goes with the comments above it. */
function textOf({ tree }: ParsedFile, before: readonly Part[], after: readonly Part[]): string {
  const { text } = tree
  const starts = before.map((_, index) => {
    const previous = before[index - 1]
    return previous === undefined ? 0 : text.indexOf('\n', previous.statement.end) + 1
  })
  const pieces = new Map(
    before.map((part, index) => [part, text.slice(starts[index], starts[index + 1] ?? text.length)]),
  )
  return after
    .map((part, index) => {
      const piece = pieces.get(part) ?? ''
      const isMoved = after[index - 1] !== before[before.indexOf(part) - 1]
      return isMoved && index > 0 ? `\n${piece.trimStart()}` : piece
    })
    .join('')
}
