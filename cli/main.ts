// Runs the command with the right Node, which bin.mjs has chosen.
import { enableCompileCache } from 'node:module'
import { compileCache } from '../local/run/project.ts'

// The process of bin.mjs waits for this one. If that process is killed, nobody sees the outcome or can end the work: an
// import would go on, and collide with the next import.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
process.channel?.unref()

// Must stand before large modules are loaded. `token` is often called inside other shell commands, so it must be fast.
enableCompileCache(compileCache)
const { runCommandLine } = await import('./frame/index.ts')
process.exitCode = await runCommandLine(process.argv.slice(2))
