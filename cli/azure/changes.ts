/** What a run changes, told line by line. In a dry run it is only told. */
export class Changes {
  readonly isDry: boolean
  readonly #note: (line: string) => void
  #count = 0

  constructor({ isDry, note }: { readonly isDry: boolean; readonly note: (line: string) => void }) {
    this.isDry = isDry
    this.#note = note
  }

  /** How many changes were made, or would be. */
  get count(): number {
    return this.#count
  }

  /**
   * @param planned stands for the result in a dry run, and for those that depend on it
   * @returns the result of the work
   */
  async make<T>(what: string, planned: T, work: () => Promise<T>): Promise<T> {
    this.#count += 1
    this.#note(`${this.isDry ? 'would' : 'will'} ${what}`)
    return this.isDry ? planned : await work()
  }
}

/** In the place of an id that an object gets only when it is made. */
export const NOT_YET = '(not made yet)'
