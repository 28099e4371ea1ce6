import { writeFileSync } from 'node:fs'
import { firstCaller, misplaced, partsOf } from './order.ts'
import type { Part } from './order.ts'
import type { ParsedFile, SourceTree } from './source-tree.ts'

/** Moves the helpers of some files below their callers, with the constants and types that only they use. */
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

/** The caller that a statement was put below, and where the caller uses it. */
interface Place {
  readonly caller: Part
  readonly usedAt: number
}

/** Moves each helper that stands above its callers below the first of them, in the order of the calls. */
function ordered(parts: readonly Part[]): Part[] {
  let order = [...parts]
  const places = new Map<Part, Place>()
  // Each turn moves one helper down, and perhaps helpers that it calls must follow in later turns. The limit ends the
  // loop even if two helpers keep changing places.
  for (let turn = 0; turn < parts.length * parts.length; turn += 1) {
    const [helper] = misplaced(order)
    const caller = helper && firstCaller(order, helper)
    if (helper === undefined || caller === undefined) break
    const unit = unitOf(order, helper)
    const place = { caller, usedAt: caller.uses.get(helper.name ?? '') ?? 0 }
    for (const part of unit) places.set(part, place)
    const rest = order.filter((part) => !unit.includes(part))
    const at = placeIn(rest, place, places)
    order = [...rest.slice(0, at), ...unit, ...rest.slice(at)]
  }
  return order
}

/** The place below the caller, and below the helpers that the caller calls earlier, with their own helpers. */
function placeIn(rest: readonly Part[], { caller, usedAt }: Place, places: ReadonlyMap<Part, Place>): number {
  let at = rest.indexOf(caller) + 1
  for (let next = rest[at]; next !== undefined; next = rest[at]) {
    const sibling = usedUnder(caller, next, places)
    if (sibling === undefined || sibling >= usedAt) break
    at += 1
  }
  return at
}

/** Where the caller uses a statement that was put below it, directly or for another helper. Otherwise undefined. */
function usedUnder(caller: Part, part: Part, places: ReadonlyMap<Part, Place>): number | undefined {
  let place = places.get(part)
  // Functions that call only each other would make this loop endless, so its steps are limited.
  for (let steps = 0; place !== undefined && steps < places.size; steps += 1) {
    if (place.caller === caller) return place.usedAt
    place = places.get(place.caller)
  }
  return undefined
}

/** The helper, and the statements directly above it that only it uses. */
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

/** Each statement is moved together with the comments above it. */
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
      return isMoved ? `\n${piece.trimStart()}` : piece
    })
    .join('')
    .trimStart()
}
