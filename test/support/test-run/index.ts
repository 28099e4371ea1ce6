/**
 * One run of the tests: its folder for everything temporary, and a guard that clears up after it.
 *
 * Invariant: nothing survives its run, however it ended. The guard is a process that waits for the end of the run (also
 * for SIGKILL), ends every process that the run has left and removes its folder; what a guard could not do, because it was
 * killed too, the next run does. It must never touch a process or folder of a run that still lives.
 */
export { openTestRun, type TestRun } from './test-run.ts'
