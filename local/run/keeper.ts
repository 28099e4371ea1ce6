import { setTimeout as delay } from 'node:timers/promises'
import type { RunningPart } from './part.ts'

/** What a keeper keeps: how to start it once. It may be called again and again. */
export interface KeptPart<Facts> {
  readonly name: string
  start(signal: AbortSignal): Promise<RunningPart<Facts>>
}

export interface KeeperEvents {
  /** Told when a process that should serve has ended. */
  readonly down: (name: string, how: string, pauseMs: number) => void
  readonly up: (name: string, pid: number) => void
  readonly failed: (name: string, reason: string, pauseMs: number) => void
}

export interface Keeper<Facts> {
  /** Of the first start; a part keeps its addresses from start to start. */
  readonly facts: Facts
  /** Ends the keeping and the part, in order. */
  stop(): Promise<void>
  /** Ends both at once. */
  kill(): void
}

/** A part that served this long was well: its death is the first one again. */
const WELL_AFTER_MS = 10_000

/** The first restart is at once, as the platform would; then the pauses grow, so that a broken part burns no CPU. */
const PAUSES_MS = [0, 500, 1000, 2000, 4000, 8000, 16_000, 30_000] as const

export function pauseAfter(deathsInARow: number): number {
  return PAUSES_MS[Math.min(deathsInARow, PAUSES_MS.length - 1)] ?? 0
}

interface Keeping<Facts> {
  readonly part: KeptPart<Facts>
  readonly events: KeeperEvents
  readonly over: AbortController
  current: RunningPart<Facts> | undefined
}

/**
 * Starts a part and starts it again whenever it ends: at once, and with growing pauses (up to 30 s) while it keeps
 * ending before it has served 10 s.
 * @throws what the first start throws
 */
export async function keepRunning<Facts>(
  part: KeptPart<Facts>,
  events: KeeperEvents,
  signal: AbortSignal,
): Promise<Keeper<Facts>> {
  const first = await part.start(signal)
  const keeping: Keeping<Facts> = { part, events, over: new AbortController(), current: undefined }
  const kept = keep(keeping, first).catch(() => undefined)
  return {
    facts: first.facts,
    stop: async () => {
      keeping.over.abort()
      await keeping.current?.stop()
      await kept
    },
    kill: () => {
      keeping.over.abort()
      keeping.current?.kill()
    },
  }
}

async function keep<Facts>(keeping: Keeping<Facts>, first: RunningPart<Facts>): Promise<void> {
  keeping.current = first
  let deaths = 0
  while (!keeping.over.signal.aborted && keeping.current) {
    const servedSince = Date.now()
    const how = await keeping.current.ended
    keeping.current = undefined
    if (keeping.over.signal.aborted) return
    if (Date.now() - servedSince >= WELL_AFTER_MS) deaths = 0
    keeping.events.down(keeping.part.name, how, pauseAfter(deaths))
    deaths = (await revive(keeping, deaths)) + 1
  }
}

/** Starts the part again until it serves or the keeping is over. */
async function revive<Facts>(keeping: Keeping<Facts>, deathsBefore: number): Promise<number> {
  const { part, events, over } = keeping
  for (let deaths = deathsBefore; ; deaths += 1) {
    await delay(pauseAfter(deaths), undefined, { signal: over.signal })
    try {
      keeping.current = await part.start(over.signal)
      events.up(part.name, keeping.current.pid)
      return deaths
    } catch (error) {
      over.signal.throwIfAborted()
      events.failed(part.name, error instanceof Error ? error.message : String(error), pauseAfter(deaths + 1))
    }
  }
}
