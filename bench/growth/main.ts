/** `npm run bench:growth`: what appends and reads cost while the log grows. See the usage in options.ts. */
import { poolLimits } from '../../shared/postgres/index.ts'
import { runAsProgram } from '../command/index.ts'
import { parseGrowthCommand } from './options.ts'
import { parts } from './parts.ts'

await runAsProgram(() => ({
  prefix: 'growth-',
  parts,
  ...parseGrowthCommand(process.argv.slice(2), poolLimits.httpConnectionsMax),
}))
