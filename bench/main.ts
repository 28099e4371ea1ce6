/** `npm run bench`: what our code costs compared with plain code, as ratios. See the usage in options.ts. */
import { poolLimits } from '../shared/postgres/index.ts'
import { runAsProgram } from './command/index.ts'
import { parseCommand } from './options.ts'
import { sections } from './sections/index.ts'

await runAsProgram(() => ({
  prefix: '',
  parts: sections,
  ...parseCommand(process.argv.slice(2), poolLimits.httpConnectionsMax),
}))
