// Runs the command with the right Node, which bin.mjs has chosen. Everything else is loaded when a command needs it.
import { runCommandLine } from './frame/command-line.ts'

// The process of bin.mjs waits for this one. If that process is killed, nobody sees the outcome or can end the work: an
// import would go on, and collide with the next import.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
process.channel?.unref()

process.exitCode = await runCommandLine(process.argv.slice(2))
