import type { options } from '../commands/stop.ts'
import { stopRun } from '../../local/run/index.ts'

import type { ContextOf } from '../frame/index.ts'

export async function run({ home, print }: ContextOf<typeof options>): Promise<number | void> {
  const stopped = await stopRun(home)
  print({ stopped }, stopped ? 'Stopped.' : `Nothing runs in ${home}.`)
}
