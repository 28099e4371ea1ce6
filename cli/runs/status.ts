import type { options } from '../commands/status.ts'
import { describeAddresses, readRun } from '../../local/run/index.ts'
import type { RunReport, RunState } from '../../local/run/index.ts'

const exitCodes: Readonly<Record<RunState, number>> = { ready: 0, 'not running': 3, starting: 4, stopping: 4 }

import type { ContextOf } from '../frame/index.ts'

export async function run({ home, print }: ContextOf<typeof options>): Promise<number | void> {
  const report = readRun(home)
  print(report.status, describe(report))
  return await Promise.resolve(exitCodes[report.state])
}

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
