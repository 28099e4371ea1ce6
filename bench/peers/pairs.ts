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

/**
 * The same turns with the CPU time that these processes together used for one call; null if the system does not report
 * it.
 */
export function cpuSamples(
  samples: readonly Sample[],
  ...processes: readonly [string, ...string[]]
): Sample[] | null {
  const values: Sample[] = []
  for (const { cpuMicros } of samples) {
    const micros = processes.map((process) => cpuMicros[process] ?? 0)
    if (micros.includes(0)) return null
    values.push({ value: micros.reduce((sum, value) => sum + value, 0), cpuMicros: {} })
  }
  return values
}
