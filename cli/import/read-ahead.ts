/**
 * Lets the next block be read and made ready while the current one is on its way; one block, so that what is in memory
 * stays bounded.
 */
export async function* readAhead<T>(blocks: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = blocks[Symbol.asyncIterator]()
  const begin = (): Promise<IteratorResult<T>> => {
    const next = iterator.next()
    // Thrown where it is awaited; until then it must not count as unhandled.
    next.catch(() => undefined)
    return next
  }
  let next = begin()
  try {
    for (;;) {
      const { value, done } = await next
      if (done === true) return
      next = begin()
      yield value
    }
  } finally {
    await next.catch(() => undefined)
    await iterator.return?.()
  }
}
