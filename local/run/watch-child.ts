// Builds the bundle whenever it is asked to, in a process of its own: the bundler's memory is not the run's, and what it
// has built before is kept for the next time.
import { IncrementalBuild } from '../../tools/incremental-build.ts'
import { inputHash } from './app-build.ts'
import { settledBuild } from './settled-build.ts'

const [outFolder] = process.argv.slice(2)
if (outFolder === undefined) throw new Error('usage: watch-child.ts OUT_FOLDER')
const incremental = new IncrementalBuild(outFolder)

// If the run was killed, this process must end: the next start may build into the same folder.
process.once('disconnect', () => process.exit(1))
process.on('message', () => {
  void settledBuild(
    () => inputHash(),
    () => incremental.build(),
  ).then((value) => process.send?.(value))
})
