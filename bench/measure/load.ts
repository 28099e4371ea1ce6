import { cpuMicrosOf } from './cpu.ts'
import type { Watched } from './cpu.ts'
import type { Sample } from './figure.ts'

export interface LoadOptions {
  /** Number of callers. Each waits for its answer before it calls again. */
  readonly concurrency: number
  readonly durationMs: number
  /** How many units one call counts as, for example the events of an append. */
  readonly unitsPerCall?: number
  /** Whose CPU time is read, by name. */
  readonly watched: Readonly<Record<string, Watched>>
}

/**
 * Closed-loop load: `concurrency` callers call `work` until the time is over. Calls under way are finished. The value
 * is units a second over the whole time until the last answer. CPU time is given for one call.
 * @throws what `work` throws: failed calls are fast and would make the rate look better.
 */
export async function runLoad(
  work: (caller: number) => Promise<unknown>,
  options: LoadOptions,
): Promise<Sample> {
  const before = readCpu(options.watched)
  const startMs = performance.now()
  const endMs = startMs + options.durationMs
  let calls = 0
  await Promise.all(
    Array.from({ length: options.concurrency }, async (_, caller) => {
      while (performance.now() < endMs) {
        await work(caller)
        calls += 1
      }
    }),
  )
  const seconds = (performance.now() - startMs) / 1_000
  return {
    value: (calls * (options.unitsPerCall ?? 1)) / seconds,
    cpuMicros: cpuForEach(before, readCpu(options.watched), calls),
  }
}

/**
 * One caller, who waits for each answer before it calls again.
 * @returns how long each call took, in milliseconds
 * @throws what `work` throws
 */
export async function timeCalls(work: () => Promise<unknown>, count: number): Promise<number[]> {
  const tookMs: number[] = []
  for (let call = 0; call < count; call += 1) {
    const startMs = performance.now()
    await work()
    tookMs.push(performance.now() - startMs)
  }
  return tookMs
}

type CpuReading = Readonly<Record<string, number | null>>

export function readCpu(watched: Readonly<Record<string, Watched>>): CpuReading {
  return Object.fromEntries(Object.entries(watched).map(([name, process]) => [name, cpuMicrosOf(process)]))
}

/** CPU time between two readings, divided by the calls; null if one of the readings is null. */
export function cpuForEach(
  before: CpuReading,
  after: CpuReading,
  calls: number,
): Record<string, number | null> {
  return Object.fromEntries(
    Object.entries(after).map(([name, end]) => {
      const start = before[name] ?? null
      return [name, start === null || end === null || calls === 0 ? null : (end - start) / calls]
    }),
  )
}
