// Everything after the choice of the right Node: see bin.mjs.
import { enableCompileCache } from 'node:module'
import { compileCache } from '../local/run/project.ts'

// The process that chose this Node (bin.mjs) waits for this one. When it is killed, nobody is left to see the outcome or to
// end the work: a killed import would go on, and meet the next one.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
process.channel?.unref()

// Before anything large is loaded: `token` is called inside other commands, and should not be felt.
enableCompileCache(compileCache)
const { runCommandLine } = await import('./frame/index.ts')
process.exitCode = await runCommandLine(process.argv.slice(2))
