/** A binary heap: the smallest item first. Adding and taking cost the logarithm of the size. */
export class Heap<Item> {
  readonly #items: Item[] = []
  readonly #isBefore: (left: Item, right: Item) => boolean

  constructor(isBefore: (left: Item, right: Item) => boolean) {
    this.#isBefore = isBefore
  }

  get size(): number {
    return this.#items.length
  }

  peek(): Item | undefined {
    return this.#items[0]
  }

  push(item: Item): void {
    const items = this.#items
    let index = items.push(item) - 1
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = items[parentIndex]
      if (parent === undefined || !this.#isBefore(item, parent)) break
      items[index] = parent
      index = parentIndex
    }
    items[index] = item
  }

  pop(): Item | undefined {
    const items = this.#items
    const [first] = items
    const last = items.pop()
    if (last !== undefined && items.length > 0) this.#sink(last)
    return first
  }

  /** Puts an item at the place of the first one, and moves it down to where it belongs. */
  #sink(item: Item): void {
    const items = this.#items
    let index = 0
    for (;;) {
      const child = this.#smallerChild(index)
      const value = items[child]
      if (value === undefined || !this.#isBefore(value, item)) break
      items[index] = value
      index = child
    }
    items[index] = item
  }

  #smallerChild(index: number): number {
    const left = this.#items[2 * index + 1]
    const right = this.#items[2 * index + 2]
    const isRight = left !== undefined && right !== undefined && this.#isBefore(right, left)
    return 2 * index + (isRight ? 2 : 1)
  }
}
