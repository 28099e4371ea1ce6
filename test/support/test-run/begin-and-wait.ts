/**
 * A test run that starts a process and then does nothing: `node begin-and-wait.ts`. It prints its folder and the ids of
 * the guard and of the process. The process is detached, like the parts of a running product.
 */
import { spawn } from 'node:child_process'
import { openTestRun } from './test-run.ts'

const { folder, guardPid } = await openTestRun()
const left = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' })
process.stdout.write(`${JSON.stringify({ folder, guardPid, leftPid: left.pid })}\n`)
setInterval(() => {}, 60_000)
