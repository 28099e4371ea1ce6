import type { CommonOptions, PartResult } from '../report/index.ts'
import type { Cleanup } from '../../local/process/index.ts'

/** What a part of a command may use. */
export interface PartContext<Options extends CommonOptions> {
  readonly options: Options
  /** Everything a part starts is put here at once, so that it ends also when the run is broken off. */
  readonly cleanup: Cleanup
  /** An empty folder of the part's own, removed after it. */
  readonly scratchFolder: string
  /** One line for the person who waits. */
  readonly note: (line: string) => void
}

export type Part<Options extends CommonOptions> = (context: PartContext<Options>) => Promise<PartResult>
