// Runs the build in a process of its own, so that the bundler's memory and helper process are gone when the run begins.
import { buildApp } from '../../tools/build.ts'

const [outFolder] = process.argv.slice(2)
if (outFolder === undefined) throw new Error('usage: build-child.ts OUT_FOLDER')
// If the run was killed, this build must end: the next start may build into the same folder.
process.once('disconnect', () => process.exit(1))
try {
  await buildApp({ outFolder })
} catch (error) {
  // The bundler's message names file, line and reason. Its stack does not help anybody.
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
process.exit(0)
