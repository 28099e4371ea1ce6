/** `npm run bench:peers`: compares the log with other event stores, the bare INSERT and pgbench. Usage: options.ts. */
import { poolLimits } from '../../shared/postgres/index.ts'
import { runAsProgram } from '../command/index.ts'
import { parsePeersCommand } from './options.ts'
import { parts } from './parts/index.ts'
import { locateTools } from './tools/index.ts'

await runAsProgram(async () => {
  const { locate, options, ...rest } = parsePeersCommand(process.argv.slice(2), poolLimits.httpConnectionsMax)
  const tools = await locateTools(locate)
  return { prefix: 'peers-', parts, ...rest, options: { ...options, tools } }
})
