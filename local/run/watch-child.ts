// Builds the bundle whenever it is asked to, in a process of its own: the bundler's memory is not the run's, and what it
// has built before is kept for the next time.
import { IncrementalBuild } from '../../tools/incremental-build.ts'
import { inputHash } from './app-build.ts'
import type { BuildAnswer } from './watch-builder.ts'

const [outFolder] = process.argv.slice(2)
if (outFolder === undefined) throw new Error('usage: watch-child.ts OUT_FOLDER')
const incremental = new IncrementalBuild(outFolder)

async function answer(): Promise<BuildAnswer> {
  // Before the build: what changes during the build makes another hash, and is built next time.
  const hash = inputHash()
  try {
    return { type: 'built', hash, digest: await incremental.build() }
  } catch (error) {
    // The bundler's message names file, line and reason. Its stack does not help anybody.
    return { type: 'failed', hash, reason: error instanceof Error ? error.message : String(error) }
  }
}

// If the run was killed, this process must end: the next start may build into the same folder.
process.once('disconnect', () => process.exit(1))
process.on('message', () => {
  void answer().then((value) => process.send?.(value))
})
