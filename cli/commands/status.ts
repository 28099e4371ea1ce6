import { defineCommand } from '../frame/index.ts'

export const options = {} as const

export const command = defineCommand({
  name: 'status',
  summary: 'Say what runs, and where everything is.',
  usage: '[--json] [--home DIR]',
  options,
  notes: 'Exit code 0 ready, 3 not running, 4 starting or stopping. --json has the passwords too.',
  run: async (context) => await (await import('../runs/status.ts')).run(context),
})
