/**
 * What Azure itself says of the unknowns. Each answer is read, by requests that change nothing, and none guesses: what
 * was not seen stays open. An answer that says otherwise than the template believes begins with NO.
 */
export type { Answer, Answerer } from './answer.ts'
import { analyticsAnswers } from './analytics.ts'
import type { Answerer } from './answer.ts'
import { entraAnswers } from './entra.ts'
import type { EntraSurroundings } from './entra.ts'
import { platformAnswers } from './platform.ts'
import { postgresAnswers } from './postgres.ts'

/** By the number of the unknown. */
export const answerersFor = (surroundings: EntraSurroundings): ReadonlyMap<number, Answerer> =>
  new Map([...postgresAnswers, ...platformAnswers, ...analyticsAnswers, ...entraAnswers(surroundings)])
