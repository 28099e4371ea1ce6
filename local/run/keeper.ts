import { setTimeout as delay } from 'node:timers/promises'
import type { RunningPart } from './part.ts'

/** A part that a keeper keeps running. `start` starts it once, and may be called again and again. */
export interface KeptPart<Facts> {
  readonly name: string
  start(signal: AbortSignal): Promise<RunningPart<Facts>>
}

export interface KeeperEvents {
  /** Called when a process that should serve has ended. */
  readonly down: (name: string, how: string, pauseMs: number) => void
  readonly up: (name: string, pid: number) => void
  readonly failed: (name: string, reason: string, pauseMs: number) => void
}

export interface Keeper<Facts> {
  /** The facts of the first start. They stay true: a part keeps its addresses when it is started again. */
  readonly facts: Facts
  /** Stops the part in order; it is not started again. */
  stop(): Promise<void>
  /** Kills the part at once; it is not started again. */
  kill(): void
  /**
   * Stops the part in order and starts it again at once, without a pause and without counting it as a death. If it
   * does not start, it is tried again as after a death.
   * @returns whether the first try serves
   */
  restart(): Promise<boolean>
}

/** If a part has served this long, its earlier deaths do not count any more. */
const WELL_AFTER_MS = 10_000

/** The first restart is at once, as on the platform. Then the pauses grow, so that a broken part does not waste CPU. */
const PAUSES_MS = [0, 500, 1000, 2000, 4000, 8000, 16_000, 30_000] as const

export function pauseAfter(deathsInARow: number): number {
  return PAUSES_MS[Math.min(deathsInARow, PAUSES_MS.length - 1)] ?? 0
}

interface Keeping<Facts> {
  readonly part: KeptPart<Facts>
  readonly events: KeeperEvents
  readonly over: AbortController
  current: RunningPart<Facts> | undefined
  /** Set while the part is to end by a restart. */
  restarting: boolean
  /** A pause before the next try, which a restart cuts short. */
  pause: AbortController
  /** A try to start the part again goes on. */
  trying: boolean
  /** Called with the outcome of the next try. */
  awaiting: ((serves: boolean) => void)[]
}

/**
 * Starts a part, and starts it again whenever it ends: at once, and with growing pauses (up to 30 s) if it ends again
 * and again before it has served 10 s.
 * @throws what the first start throws
 */
export async function keepRunning<Facts>(
  part: KeptPart<Facts>,
  events: KeeperEvents,
  signal: AbortSignal,
): Promise<Keeper<Facts>> {
  const first = await part.start(signal)
  const keeping: Keeping<Facts> = {
    part,
    events,
    over: new AbortController(),
    current: undefined,
    restarting: false,
    pause: new AbortController(),
    trying: false,
    awaiting: [],
  }
  const kept = keep(keeping, first).catch(() => undefined)
  return {
    facts: first.facts,
    stop: async () => {
      keeping.over.abort()
      await keeping.current?.stop()
      await kept
      settle(keeping, false)
    },
    kill: () => {
      keeping.over.abort()
      keeping.current?.kill()
      settle(keeping, false)
    },
    restart: async () => await restart(keeping),
  }
}

async function restart<Facts>(keeping: Keeping<Facts>): Promise<boolean> {
  // That try may have loaded the program before it changed.
  if (keeping.trying) await nextTry(keeping)
  if (keeping.over.signal.aborted) return false
  const outcome = nextTry(keeping)
  keeping.restarting = true
  keeping.pause.abort()
  await keeping.current?.stop()
  return await outcome
}

async function nextTry<Facts>(keeping: Keeping<Facts>): Promise<boolean> {
  return await new Promise((resolve) => {
    keeping.awaiting.push(resolve)
  })
}

function settle<Facts>(keeping: Keeping<Facts>, serves: boolean): void {
  for (const resolve of keeping.awaiting.splice(0)) resolve(serves)
}

async function keep<Facts>(keeping: Keeping<Facts>, first: RunningPart<Facts>): Promise<void> {
  keeping.current = first
  let deaths = 0
  while (!keeping.over.signal.aborted && keeping.current) {
    const servedSince = Date.now()
    const how = await keeping.current.ended
    keeping.current = undefined
    if (keeping.over.signal.aborted) return
    const isDeath = !keeping.restarting
    if (!isDeath || Date.now() - servedSince >= WELL_AFTER_MS) deaths = 0
    if (isDeath) keeping.events.down(keeping.part.name, how, pauseAfter(deaths))
    deaths = (await revive(keeping, deaths)) + (isDeath ? 1 : 0)
  }
}

/** Tries to start the part until it serves. Throws when `stop` or `kill` was called. Returns the deaths in a row. */
async function revive<Facts>(keeping: Keeping<Facts>, deathsBefore: number): Promise<number> {
  const { part, events, over } = keeping
  for (let deaths = deathsBefore; ; deaths += 1) {
    await pauseBefore(keeping, pauseAfter(deaths))
    if (keeping.restarting) deaths = 0
    keeping.restarting = false
    keeping.trying = true
    try {
      keeping.current = await part.start(over.signal)
      keeping.trying = false
      events.up(part.name, keeping.current.pid)
      settle(keeping, true)
      return deaths
    } catch (error) {
      keeping.trying = false
      settle(keeping, false)
      over.signal.throwIfAborted()
      events.failed(part.name, error instanceof Error ? error.message : String(error), pauseAfter(deaths + 1))
    }
  }
}

async function pauseBefore<Facts>(keeping: Keeping<Facts>, pauseMs: number): Promise<void> {
  const { over } = keeping
  keeping.pause = new AbortController()
  const signal = AbortSignal.any([over.signal, keeping.pause.signal])
  await delay(keeping.restarting ? 0 : pauseMs, undefined, { signal }).catch(() => undefined)
  over.signal.throwIfAborted()
}
