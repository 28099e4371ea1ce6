import { heavyBodiesPart } from './heavy-bodies.ts'
import { heldPlaces } from './held-places/index.ts'
import { oversizedHeads } from './oversized-heads.ts'
import type { AttackPart } from './part.ts'

/** Every attack that `npm run attack` makes, in this order. */
export const attackParts: readonly AttackPart[] = [oversizedHeads, heavyBodiesPart, heldPlaces]
