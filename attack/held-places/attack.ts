import type { AttackFinding, AttackTarget } from '../part.ts'
import type { Caller, OpenRequest } from './requests.ts'

/** The two tenants of every attack: `greedy` attacks, `quiet` must still be served. */
export interface Tenants {
  readonly greedy: Caller
  readonly quiet: Caller
}

export type HeldPlacesAttack = (tenants: Tenants, target: AttackTarget) => Promise<readonly AttackFinding[]>

/** More than the places that an instance has for any class of requests. */
export const ATTACKERS = 16

/** Answers come within milliseconds. A busy machine may take a thousand times as long. */
export const ANSWERED_WITHIN_MS = 15_000

/** Says in words how many requests are held and how many were answered with which status. */
export function describeAnswers(requests: readonly OpenRequest[]): string {
  const counts = new Map<string, number>()
  for (const request of requests) {
    const status = request.status()
    const word = status === null ? 'held' : `${status}${request.saysWhen() ? ' with Retry-After' : ''}`
    counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  return [...counts].map(([word, count]) => `${count} ${word}`).join(', ')
}

/** True if exactly `share` requests are held or served and all others were answered 429 with Retry-After. */
export function isShare(requests: readonly OpenRequest[], share: number): boolean {
  const refused = requests.filter((request) => request.status() === 429 && request.saysWhen())
  return refused.length === requests.length - share
}

export const round = (ms: number): string => `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`
