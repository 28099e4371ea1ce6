import type { options } from '../commands/wait.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { readRun } from '../../local/run/index.ts'
import { CommandFailure, durationSeconds } from '../frame/index.ts'
import type { ContextOf } from '../frame/index.ts'

const POLL_EVERY_MS = 50

export async function run({ values, home, print }: ContextOf<typeof options>): Promise<number | void> {
  const deadline = Date.now() + durationSeconds(values.timeout, '--timeout') * 1000
  for (;;) {
    const { state, status } = readRun(home)
    if (state === 'ready') {
      print(status, `Ready: ${status.url ?? ''}`)
      return
    }
    if (Date.now() >= deadline) {
      throw new CommandFailure(
        'NOT_READY',
        `Not ready within ${values.timeout}: Trickle is ${state} (${home}).`,
      )
    }
    await delay(POLL_EVERY_MS)
  }
}
