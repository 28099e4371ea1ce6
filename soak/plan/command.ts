import { createHash } from 'node:crypto'
import type { AppendAllRequest, Expectation, NewEvent, StreamWrite } from '../../shared/event-store/index.ts'
import { streamName } from './stream-space.ts'
import type { StreamSpace } from './stream-space.ts'

/** `expected` is the version that the stream must have (0: it must not exist), or one of these two values. */
export const ANY = -1
export const SOME = -2

export interface CommandWrite {
  /** Number of the stream within its tenant. */
  readonly stream: number
  readonly expected: number
  readonly events: number
}

/** How the log recognizes a repeated command: not at all, by its events' ids, by its idempotency key, or by both. */
export type Identity = 'none' | 'ids' | 'key' | 'both'

/** One append, as it stands in its writer's ledger. Every process that has this data can send the same append again. */
export interface Command {
  /** "INCARNATION-NTH": the number of the started writer process that made it, and its place in that process. */
  readonly id: string
  readonly tenant: number
  readonly writes: readonly CommandWrite[]
  readonly conditions: readonly { readonly stream: number; readonly expected: number }[]
  readonly identity: Identity
  /** Through the event store, or in a slow transaction of plain SQL. */
  readonly way: 'store' | 'transaction'
  readonly fillerBytes: number
}

export const EVENT_TYPES = ['Opened', 'Noted', 'Moved', 'Closed'] as const

export interface CommandId {
  readonly incarnation: number
  readonly nth: number
}

export function parseCommandId(id: string): CommandId {
  const dash = id.indexOf('-')
  return { incarnation: Number(id.slice(0, dash)), nth: Number(id.slice(dash + 1)) }
}

/** The events of the n-th write; `index` counts over all writes of the command. */
export function eventsOf(command: Command, write: number): NewEvent[] {
  const { nth } = parseCommandId(command.id)
  const before = command.writes.slice(0, write).reduce((sum, { events }) => sum + events, 0)
  const hasIds = command.identity === 'ids' || command.identity === 'both'
  return Array.from({ length: command.writes[write]?.events ?? 0 }, (_, offset) => {
    const index = before + offset
    return {
      ...(hasIds ? { id: `${command.id}-${index}` } : {}),
      type: EVENT_TYPES[(nth + index) % EVENT_TYPES.length] ?? 'Noted',
      data: { command: command.id, index, filler: 'x'.repeat(command.fillerBytes) },
    }
  })
}

export const keyOf = (command: Command): string => `key-${command.id}`

/** What a caller of the store would send. The same command gives the same request in every process. */
export function requestOf(space: StreamSpace, command: Command): AppendAllRequest {
  const streams = command.writes.map(({ stream, expected }, index): StreamWrite => ({
    streamId: streamName(space, stream),
    expected: expectationOf(expected),
    events: eventsOf(command, index),
  }))
  const hasKey = command.identity === 'key' || command.identity === 'both'
  return {
    streams,
    conditions: command.conditions.map(({ stream, expected }) => ({
      streamId: streamName(space, stream),
      expected: expectationOf(expected),
    })),
    idempotency: hasKey ? { key: keyOf(command), fingerprint: fingerprintOf(command) } : null,
  }
}

const fingerprintOf = (command: Command): Buffer =>
  createHash('sha256').update(JSON.stringify(command)).digest()

function expectationOf(expected: number): Expectation {
  if (expected === ANY) return { mode: 'any' }
  if (expected === SOME) return { mode: 'exists' }
  return expected === 0 ? { mode: 'none' } : { mode: 'version', version: expected }
}

/** Whether a stream with this version meets the expectation. */
export const isMet = (expected: number, version: number): boolean =>
  expected === ANY || expected === version || (expected === SOME && version > 0)
