/**
 * One run of the tests: its folder for all temporary files, and a guard that cleans up after it.
 *
 * Invariant: nothing remains after a run, however it ended. The guard is a process that waits for the end of the run
 * (even by SIGKILL), ends every process that the run has left, and removes its folder. If the guard was killed, too,
 * the next run does this. It must never touch a process or folder of a run that still lives.
 */
export { openTestRun, type TestRun } from './test-run.ts'
