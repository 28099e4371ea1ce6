import type { CommonOptions, PartResult } from '../report/index.ts'
import type { Cleanup } from '../../local/process/index.ts'

/** What a part of a command may use. */
export interface PartContext<Options extends CommonOptions> {
  readonly options: Options
  /** A part adds everything that it starts here at once. So it is ended even if the run is interrupted. */
  readonly cleanup: Cleanup
  /** An empty folder for this part only. It is removed after the part. */
  readonly scratchFolder: string
  /** Prints a line of progress. */
  readonly note: (line: string) => void
}

export type Part<Options extends CommonOptions> = (context: PartContext<Options>) => Promise<PartResult>
