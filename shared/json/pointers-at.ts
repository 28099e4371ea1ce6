import { jsonPointer } from './pointer.ts'
import { endOfString } from './scan.ts'

/** Where a walk stands inside one array or object. */
type Level =
  | { readonly isArray: true; index: number }
  | { readonly isArray: false; name: string; nameIsNext: boolean }

/**
 * The JSON pointers of the values that begin at the given offsets.
 * @param text valid JSON @param offsets starts of numbers, ascending
 */
export function pointersAt(text: string, offsets: readonly number[]): string[] {
  const levels: Level[] = []
  const pointers: string[] = []
  for (let index = 0; index < text.length && pointers.length < offsets.length; index += 1) {
    if (index === offsets[pointers.length]) pointers.push(pointerOf(levels))
    const character = text[index]
    const level = levels.at(-1)
    if (character === '{') levels.push({ isArray: false, name: '', nameIsNext: true })
    else if (character === '[') levels.push({ isArray: true, index: 0 })
    else if (character === '}' || character === ']') levels.pop()
    else if (character === ',' && level !== undefined) step(level)
    else if (character === '"') {
      const end = endOfString(text, index)
      if (level?.isArray === false && level.nameIsNext) {
        level.name = String(JSON.parse(text.slice(index, end + 1)))
        level.nameIsNext = false
      }
      index = end
    }
  }
  return pointers
}

function step(level: Level): void {
  if (level.isArray) level.index += 1
  else level.nameIsNext = true
}

function pointerOf(levels: readonly Level[]): string {
  return jsonPointer(levels.map((level) => (level.isArray ? level.index : level.name)))
}
