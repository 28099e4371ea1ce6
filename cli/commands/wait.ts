import { defineCommand } from '../frame/index.ts'

export const options = {
  timeout: {
    type: 'string',
    default: '60',
    placeholder: 'SECONDS',
    description: 'give up after this long (default 60)',
  },
} as const

export const command = defineCommand({
  name: 'wait',
  summary: 'Wait until the local run is ready.',
  usage: '[--timeout 60] [--home DIR]',
  options,
  notes: 'Exit code 0 ready, 1 not ready in time. It may be called before the start.',
  run: async (context) => await (await import('../runs/wait.ts')).run(context),
})
