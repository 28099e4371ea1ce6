import type { FileHandle } from 'node:fs/promises'

interface Group {
  readonly handle: Promise<FileHandle>
  readonly records: Buffer[]
  readonly done: Promise<void>
  readonly resolve: () => void
}

/**
 * Writes records in order, with one flush to the disk for all that came while the last one ran. The flush runs outside of
 * the event loop, so clients are served meanwhile.
 */
export class GroupCommit {
  readonly #groups: Group[] = []
  readonly #failed: (error: unknown) => void
  #running: Promise<void> | undefined
  #hasFailed = false

  /**
   * @param failed called once when a write or flush fails. From then on no promise resolves: what the disk has is not
   *   known any more, so nothing may be acknowledged.
   */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed
  }

  /** @returns resolves when the records are on the disk; they and all before them */
  write(handle: Promise<FileHandle>, records: readonly Buffer[]): Promise<void> {
    const last = this.#groups.at(-1)
    const group = last?.handle === handle ? last : this.#newGroup(handle)
    group.records.push(...records)
    this.#running ??= this.#run()
    return group.done
  }

  #newGroup(handle: Promise<FileHandle>): Group {
    let resolve = (): void => undefined
    const done = new Promise<void>((settle) => {
      resolve = settle
    })
    const group = { handle, records: [], done, resolve }
    this.#groups.push(group)
    return group
  }

  async #run(): Promise<void> {
    // Records of the same turn of the event loop come along.
    await Promise.resolve()
    try {
      for (let group = this.#groups.shift(); group !== undefined; group = this.#groups.shift()) {
        const handle = await group.handle
        if (group.records.length > 0) await handle.appendFile(Buffer.concat(group.records))
        await handle.datasync()
        group.resolve()
      }
      this.#running = undefined
    } catch (error) {
      this.#hasFailed = true
      this.#failed(error)
    }
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    while (this.#running !== undefined && !this.#hasFailed) await this.#running
  }
}
