import type { AttackFinding, AttackTarget } from '../part.ts'
import type { Caller, OpenRequest } from './requests.ts'

/** Who takes part. */
export interface Tenants {
  readonly greedy: Caller
  readonly quiet: Caller
}

export type HeldPlacesAttack = (tenants: Tenants, target: AttackTarget) => Promise<readonly AttackFinding[]>

/** More than an instance has places of any class. */
export const ATTACKERS = 16

/** Answers come within milliseconds; a busy machine gets a thousand times as long. */
export const ANSWERED_WITHIN_MS = 15_000

/** What became of many requests of one kind, in words. */
export function describeAnswers(requests: readonly OpenRequest[]): string {
  const counts = new Map<string, number>()
  for (const request of requests) {
    const status = request.status()
    const word = status === null ? 'held' : `${status}${request.saysWhen() ? ' with Retry-After' : ''}`
    counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  return [...counts].map(([word, count]) => `${count} ${word}`).join(', ')
}

/** True where exactly so many are held or served and every other is told to come again later. */
export function isShare(requests: readonly OpenRequest[], share: number): boolean {
  const refused = requests.filter((request) => request.status() === 429 && request.saysWhen())
  return refused.length === requests.length - share
}

export const round = (ms: number): string => `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`
