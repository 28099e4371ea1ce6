/** The process of the readers. Each reader reads its feed while the writers write, and logs what it sees. */
import { Random } from '../plan/index.ts'
import type { FromReaders, ReaderOrders, ToReaders } from './messages.ts'
import { Reader } from './reader.ts'

const TOLD_EVERY_MS = 500

/** So that readers and writers of a run do not draw the same numbers. */
const SEED_OFFSET = 1_000_000

let readers: Reader[] = []

const tell = (message: FromReaders): void => {
  process.send?.(message)
}
const states = () => readers.map((reader) => reader.state)

async function read(orders: ReaderOrders): Promise<void> {
  readers = orders.readers.map(
    (plan, index) => new Reader(orders, index, plan, new Random(orders.seed + SEED_OFFSET + index)),
  )
  const telling = setInterval(() => tell({ type: 'seen', readers: states() }), TOLD_EVERY_MS)
  await Promise.all(readers.map((reader) => reader.run()))
  clearInterval(telling)
  tell({ type: 'done', readers: states() })
}

process.on('message', (message: ToReaders) => {
  if (message.type === 'until') {
    message.counts.forEach((count, index) => readers[index]?.until(count))
    return
  }
  read(message.orders).then(
    () => process.disconnect(),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? '') : String(error)}\n`)
      process.exit(1)
    },
  )
})
// The process that started this one has ended, so nobody needs the result.
process.on('disconnect', () => process.exit(0))
