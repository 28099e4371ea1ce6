import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** One way of doing the thing that is measured; each call is one turn and gives one sample. */
export type Arm<Sample> = () => Promise<Sample>

/**
 * Runs the arms in turns, A B, B A, A B ..., each round beginning one arm further on, so that what drifts (growing tables,
 * other load, a warming machine) meets all of them alike and each takes each place. One round before the first is thrown
 * away: it fills caches, pools and compiled code.
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

/** Before each turn, so that no arm pays for what another one has left. */
function collectGarbage(): void {
  gc()
}
