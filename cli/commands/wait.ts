import { setTimeout as delay } from 'node:timers/promises'
import { readRun } from '../../local/run/index.ts'
import { CommandFailure, defineCommand, durationSeconds } from '../frame/index.ts'

const POLL_EVERY_MS = 50

export const command = defineCommand({
  name: 'wait',
  summary: 'Wait until the local run is ready.',
  usage: '[--timeout 60] [--home DIR]',
  options: {
    timeout: {
      type: 'string',
      default: '60',
      placeholder: 'SECONDS',
      description: 'give up after this long (default 60)',
    },
  },
  notes: 'Exit code 0 ready, 1 not ready in time. It may be called before the start.',
  run: async ({ values, home, print }) => {
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
  },
})
