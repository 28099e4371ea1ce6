// Runs the build in a process of its own: the bundler's memory and helper process are gone when the run begins.
import { buildApp } from '../../tools/build.ts'

const [outFolder] = process.argv.slice(2)
if (outFolder === undefined) throw new Error('usage: build-child.ts OUT_FOLDER')
// The run was killed: what is half built must not be written to while the next start builds.
process.once('disconnect', () => process.exit(1))
try {
  await buildApp({ outFolder })
} catch (error) {
  // The bundler's message names file, line and reason; its stack is of no use to anybody.
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
process.exit(0)
