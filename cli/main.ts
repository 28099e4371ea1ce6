// Everything after the choice of the right Node: see bin.mjs.
import { enableCompileCache } from 'node:module'
import { compileCache } from '../local/run/project.ts'

// Before anything large is loaded: `token` is called inside other commands, and should not be felt.
enableCompileCache(compileCache)
const { runCommandLine } = await import('./frame/index.ts')
process.exitCode = await runCommandLine(process.argv.slice(2))
