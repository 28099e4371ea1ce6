import { stopRun } from '../../local/run/index.ts'
import { defineCommand } from '../frame/index.ts'

export const command = defineCommand({
  name: 'stop',
  summary: 'End the local run in order, and what a killed one left behind.',
  usage: '[--home DIR]',
  options: {},
  notes: 'Exit code 0 also when nothing ran.',
  run: async ({ home, print }) => {
    const stopped = await stopRun(home)
    print({ stopped }, stopped ? 'Stopped.' : `Nothing runs in ${home}.`)
  },
})
