/**
 * The local run: starts everything that Trickle needs on this machine, keeps it running, and ends it.
 *
 * Invariants: one run per home; the parts are processes of their own, and a part that dies is started again while the
 * others go on; a run that was killed leaves a record, by which the next run finds and ends the processes that are
 * left, and never a process of somebody else; an orderly stop leaves no process. A part keeps its data in the home.
 * It must not take a shortcut to the data: it makes tenants over HTTP, like any other client.
 */
import type { RunOptions } from './bring-up.ts'
import type { RunControl, RunOutput } from './supervisor.ts'

export { announcement, describeAddresses } from './announce.ts'
export type { RunOptions } from './bring-up.ts'
export { startDetached } from './detached.ts'
export { homeAt } from './home.ts'
export { compileCache, defaultHome, FIRST_TENANT, projectFolder, version } from './project.ts'
export type { Home } from './home.ts'
export { statusSchema } from './run-file.ts'
export type { Status } from './run-file.ts'
export { controlBySignals } from './signals.ts'
export { readRun } from './status.ts'
export type { RunReport, RunState } from './status.ts'
export { stopRun } from './stop.ts'
export type { RunControl, RunOutput } from './supervisor.ts'

/**
 * Runs everything on a home until `control.stop`; returns when all has ended in order. The supervisor is loaded when
 * this is called, so that commands that only look at a run do not wait for its modules to load.
 * @throws LocalFailure when it cannot be started; everything that was started has ended then
 */
export async function supervise(options: RunOptions, output: RunOutput, control: RunControl): Promise<void> {
  const supervisor = await import('./supervisor.ts')
  await supervisor.supervise(options, output, control)
}
