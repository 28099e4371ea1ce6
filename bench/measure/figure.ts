import { pairRounds, spreadOf } from './statistics.ts'
import type { Round, Spread } from './statistics.ts'

/** The limit that a ratio should keep. */
export interface Target {
  readonly comparison: 'at-least' | 'at-most'
  readonly value: number
}

/** CPU time of one operation in microseconds, in the median turn; null if the system does not report it. */
export interface CpuPair {
  readonly candidateMicros: number | null
  readonly baselineMicros: number | null
}

/** One line of the table: ours compared with a baseline of the same run. */
export interface Figure {
  readonly section: string
  readonly name: string
  /** What is compared, in words: ours and the baseline. */
  readonly candidate: string
  readonly baseline: string
  readonly unit: string
  readonly rounds: readonly Round[]
  readonly ratio: Spread
  readonly candidateValue: Spread
  readonly baselineValue: Spread
  /** For each process: `client` is the load's own process, `server` all of PostgreSQL, `host` the Functions host. */
  readonly cpu: Readonly<Record<string, CpuPair>>
  readonly target: (Target & { readonly isMet: boolean }) | null
}

/** One turn of one arm. */
export interface Sample {
  /** In the figure's unit. */
  readonly value: number
  readonly cpuMicros: Readonly<Record<string, number | null>>
}

export interface FigureFacts {
  readonly section: string
  readonly name: string
  readonly candidate: string
  readonly baseline: string
  readonly unit: string
  readonly target?: Target | undefined
}

/** Makes a figure from the turns of both arms. @throws RangeError for no turns, or different numbers of turns. */
export function figureOf(
  facts: FigureFacts,
  candidate: readonly Sample[],
  baseline: readonly Sample[],
): Figure {
  const rounds = pairRounds(
    candidate.map((sample) => sample.value),
    baseline.map((sample) => sample.value),
  )
  const ratio = spreadOf(rounds.map((round) => round.ratio))
  const { target } = facts
  return {
    section: facts.section,
    name: facts.name,
    candidate: facts.candidate,
    baseline: facts.baseline,
    unit: facts.unit,
    rounds,
    ratio,
    candidateValue: spreadOf(rounds.map((round) => round.candidate)),
    baselineValue: spreadOf(rounds.map((round) => round.baseline)),
    cpu: cpuOf(candidate, baseline),
    target: target === undefined ? null : { ...target, isMet: meets(ratio.median, target) },
  }
}

/** A target is judged by the median. */
export function meets(ratio: number, { comparison, value }: Target): boolean {
  return comparison === 'at-least' ? ratio >= value : ratio <= value
}

function cpuOf(candidate: readonly Sample[], baseline: readonly Sample[]): Record<string, CpuPair> {
  const names = new Set([...candidate, ...baseline].flatMap((sample) => Object.keys(sample.cpuMicros)))
  return Object.fromEntries(
    [...names].map((name) => [
      name,
      { candidateMicros: medianCpu(candidate, name), baselineMicros: medianCpu(baseline, name) },
    ]),
  )
}

function medianCpu(samples: readonly Sample[], name: string): number | null {
  const known = samples.map((sample) => sample.cpuMicros[name] ?? null).filter((value) => value !== null)
  return known.length === 0 ? null : spreadOf(known).median
}
