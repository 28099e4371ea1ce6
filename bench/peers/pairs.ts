import { figureOf } from '../measure/index.ts'
import type { Figure, Sample, Target } from '../measure/index.ts'

/** Two arms that are compared. */
export interface Pair {
  readonly ours: string
  readonly with: string
  readonly target?: Target | undefined
}

/** Makes a figure for each pair of which both arms were measured. */
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

/** The same turns with the CPU time that a process used for one call; null if the system does not report it. */
export function cpuSamples(samples: readonly Sample[], process: string): Sample[] | null {
  const micros = samples.map((sample) => sample.cpuMicros[process] ?? null)
  return micros.some((value) => value === null || value === 0)
    ? null
    : micros.map((value) => ({ value: value ?? 0, cpuMicros: {} }))
}
