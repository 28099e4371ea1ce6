import type { Deployment } from '../deployment.ts'

/**
 * What was found about an unknown. `answered`: it is known now. `partly`: something was seen that speaks for it. `open`:
 * it could not be read, `found` says why.
 */
export interface Answer {
  readonly state: 'answered' | 'partly' | 'open'
  readonly found: string
}

/** Reads one answer. @throws NotRead, which makes it open */
export type Answerer = (deployment: Deployment) => Promise<Answer>

export const answered = (found: string): Answer => ({ state: 'answered', found })
export const partly = (found: string): Answer => ({ state: 'partly', found })
export const open = (found: string): Answer => ({ state: 'open', found })
