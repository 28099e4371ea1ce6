import { describeAddresses, readRun } from '../../local/run/index.ts'
import type { RunReport, RunState } from '../../local/run/index.ts'
import { defineCommand } from '../frame/index.ts'

const exitCodes: Readonly<Record<RunState, number>> = { ready: 0, 'not running': 3, starting: 4, stopping: 4 }

function describe({ state, status, orphans }: RunReport): string {
  if (state !== 'not running') {
    const processes = status.processes.map(({ name, pid }) => `${name} ${pid}`).join(', ')
    const head = `Trickle ${status.version} is ${state} (process ${status.pid ?? '?'}).`
    return [head, ...describeAddresses(status), `Processes: ${processes}`].join('\n')
  }
  const left = orphans.map(({ name, pid }) => `${name} ${pid}`).join(', ')
  const hint = left === '' ? '' : `\nA killed run left processes: ${left}. The next start or stop ends them.`
  return `Nothing runs in ${status.dataFolder}. Start it with npm start.${hint}`
}

export const command = defineCommand({
  name: 'status',
  summary: 'Say what runs, and where everything is.',
  usage: '[--json] [--home DIR]',
  options: {},
  notes: 'Exit code 0 ready, 3 not running, 4 starting or stopping. --json has the passwords too.',
  run: async ({ home, print }) => {
    const report = readRun(home)
    print(report.status, describe(report))
    return await Promise.resolve(exitCodes[report.state])
  },
})
