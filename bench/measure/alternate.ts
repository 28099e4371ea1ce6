import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** One of the ways that are compared. Each call is one turn and gives one sample. */
export type Arm<Sample> = () => Promise<Sample>

/**
 * Runs the arms in turns: A B, B A, A B ... Each round begins with the next arm, so that each arm takes each place.
 * Then slow changes (growing tables, other load, a warming machine) affect all arms equally. The result of one round
 * before the first is dropped: it fills caches and pools, and lets code be compiled.
 * @returns the samples of each arm, in the order of the rounds
 */
export async function alternate<Name extends string, Sample>(
  arms: Readonly<Record<Name, Arm<Sample>>>,
  rounds: number,
): Promise<Record<Name, Sample[]>> {
  const names = Object.keys(arms) as Name[]
  const samples = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Sample[]>
  for (const name of names) await arms[name]()
  for (let round = 0; round < rounds; round += 1) {
    const first = round % names.length
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      collectGarbage()
      samples[name].push(await arms[name]())
    }
  }
  return samples
}

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

/** Called before each turn, so that no arm spends time on collecting the garbage of another arm. */
function collectGarbage(): void {
  gc()
}
