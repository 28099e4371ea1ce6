import { defineCommand } from '../frame/index.ts'

export const options = {} as const

export const command = defineCommand({
  name: 'stop',
  summary: 'End the local run in order, and what a killed one left behind.',
  usage: '[--home DIR]',
  options,
  notes: 'Exit code 0 also when nothing ran.',
  run: async (context) => await (await import('../runs/stop.ts')).run(context),
})
