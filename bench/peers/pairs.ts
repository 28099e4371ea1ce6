import { figureOf } from '../measure/index.ts'
import type { Figure, Sample, Target } from '../measure/index.ts'

/** Which arm is compared with which. */
export interface Pair {
  readonly ours: string
  readonly with: string
  readonly target?: Target | undefined
}

/** A figure for each pair whose arms were both measured. */
export function figuresOf(
  facts: { readonly section: string; readonly name: string; readonly unit: string },
  samples: Readonly<Record<string, readonly Sample[]>>,
  pairs: readonly Pair[],
): Figure[] {
  return pairs.flatMap((pair) => {
    const candidate = samples[pair.ours]
    const baseline = samples[pair.with]
    if (candidate === undefined || baseline === undefined) return []
    const named = { ...facts, name: `${facts.name}: ${pair.ours} / ${pair.with}` }
    return [
      figureOf(
        { ...named, candidate: pair.ours, baseline: pair.with, target: pair.target },
        candidate,
        baseline,
      ),
    ]
  })
}

/** The same turns with a process's CPU time of a call as their value; null where the system does not tell. */
export function cpuSamples(samples: readonly Sample[], process: string): Sample[] | null {
  const micros = samples.map((sample) => sample.cpuMicros[process] ?? null)
  return micros.some((value) => value === null || value === 0)
    ? null
    : micros.map((value) => ({ value: value ?? 0, cpuMicros: {} }))
}
