import { heavyBodiesPart } from './heavy-bodies.ts'
import type { AttackPart } from './part.ts'

/** Every attack that `npm run attack` makes, in this order. */
export const attackParts: readonly AttackPart[] = [heavyBodiesPart]
