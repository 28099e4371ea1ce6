/** A writer process: makes commands from its seed, sends them, and keeps a ledger of what it sent and was told. */
import { PostgresEventStore } from '../../shared/event-store/index.ts'
import { Database, type DatabaseOptions } from '../../shared/postgres/index.ts'
import { TenantDirectory, type TenantContext } from '../../shared/tenancy/index.ts'
import { Ledger } from '../ledger/index.ts'
import { CommandSource, Random, tenantSlug, type Command } from '../plan/index.ts'
import { callSlowlyUntilDone, callUntilDone, takeOverUntilEnd, type Work } from './caller.ts'
import type { FromWriter, ToWriter, WriterOrders } from './messages.ts'
import { HandedOver } from './queue.ts'
import type { Way } from './send.ts'
import { SlowTransaction } from './slow-transaction.ts'

const TOLD_EVERY_MS = 500

/** An answer that the proxy swallowed is given up after this; above the store's own waits on a loaded machine. */
const PROXIED_TIMEOUT_MS = 2_500

/** Of each process's callers every fourth goes through the proxy. */
const PROXIED_EVERY = 4

const tell = (message: FromWriter): void => {
  process.send?.(message)
}

async function work(
  orders: WriterOrders,
  handedOver: HandedOver<Command>,
  rest: Work['rest'],
): Promise<void> {
  const { incarnation, seed, space, callers, slowCallers } = orders
  // Before anything is awaited: a message may set it to nothing.
  rest.commands = orders.quota
  const way = (url: string, options: Partial<DatabaseOptions>): Way => {
    const database = new Database({ url, connectionsMax: callers, statements: 'unnamed', ...options })
    return { database, store: new PostgresEventStore(database) }
  }
  const named = way(orders.appUrl, { statements: 'named' })
  const unnamed = way(orders.appUrl, {})
  const proxied = way(orders.proxiedAppUrl, { queryTimeoutMs: PROXIED_TIMEOUT_MS })
  const directory = new TenantDirectory(unnamed.database, 'slug')
  const tenants: TenantContext[] = []
  for (let tenant = 0; tenant < space.tenants; tenant += 1)
    tenants.push(await directory.resolve(tenantSlug(tenant)))
  const random = new Random(seed + incarnation)
  const desk = {
    space,
    tenants,
    ledger: new Ledger(orders.ledgerFile),
    source: new CommandSource(space, random, incarnation),
  }
  const shared: Work = {
    desk,
    random,
    handedOver,
    rest,
    handOver: (command) => tell({ type: 'hand-over', command }),
  }
  const progress = setInterval(() => tell({ type: 'made', count: desk.source.made }), TOLD_EVERY_MS)
  const wayOf = (caller: number): Way =>
    caller % PROXIED_EVERY === PROXIED_EVERY - 1 ? proxied : caller % 2 === 0 ? named : unnamed
  await Promise.all([
    ...Array.from({ length: callers }, (_, caller) => callUntilDone(shared, wayOf(caller))),
    ...Array.from({ length: slowCallers }, () =>
      callSlowlyUntilDone(shared, unnamed, new SlowTransaction(orders.appUrl, random)),
    ),
  ])
  tell({ type: 'made', count: desk.source.made })
  tell({ type: 'quota-done' })
  await Promise.all(Array.from({ length: callers }, () => takeOverUntilEnd(shared, unnamed)))
  clearInterval(progress)
  desk.ledger.close()
  await Promise.all([named, unnamed, proxied].map(({ database }) => database.end()))
}

const handedOver = new HandedOver<Command>()
const rest = { commands: 0 }
process.on('message', (message: ToWriter) => {
  switch (message.type) {
    case 'start':
      work(message.orders, handedOver, rest).then(
        () => process.disconnect(),
        (error: unknown) => {
          process.stderr.write(`${error instanceof Error ? (error.stack ?? '') : String(error)}\n`)
          process.exit(1)
        },
      )
      break
    case 'send-again':
      handedOver.push(message.command)
      break
    case 'stop':
      rest.commands = 0
      break
    case 'finish':
      handedOver.close()
      break
  }
})
// Whoever started it has gone: there is nobody to write for.
process.on('disconnect', () => process.exit(0))
