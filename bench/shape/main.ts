/** `npm run bench:shape`: what other partitions and indexes of the log would cost. See the usage in options.ts. */
import { poolLimits } from '../../shared/postgres/index.ts'
import { runAsProgram } from '../command/index.ts'
import { parseShapeCommand } from './options.ts'
import { parts } from './parts.ts'

await runAsProgram(() => ({
  prefix: 'shape-',
  parts,
  ...parseShapeCommand(process.argv.slice(2), poolLimits.httpConnectionsMax),
}))
