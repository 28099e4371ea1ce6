/** A writer process: makes commands from its seed, sends them, and keeps a ledger of what it sent and was answered. */
import { PostgresEventStore } from '../../shared/event-store/index.ts'
import { Database } from '../../shared/postgres/index.ts'
import type { DatabaseOptions } from '../../shared/postgres/index.ts'
import { TenantDirectory } from '../../shared/tenancy/index.ts'
import { Ledger } from '../ledger/index.ts'
import { CommandSource, Random, tenantSlug } from '../plan/index.ts'
import type { Command } from '../plan/index.ts'
import { callSlowlyUntilDone, callUntilDone, takeOverUntilEnd } from './caller.ts'
import type { Work } from './caller.ts'
import type { FromWriter, ToWriter, WriterOrders } from './messages.ts'
import { DomainAppender } from './domain-appender.ts'
import type { Appender } from './domain-appender.ts'
import { HandedOver } from './queue.ts'
import { resolveTenants } from './resolve-tenants.ts'
import { SlowTransaction } from './slow-transaction.ts'

const TOLD_EVERY_MS = 500

/** Time limit for an answer that the proxy swallowed. Longer than the store's own waits on a loaded machine. */
const PROXIED_TIMEOUT_MS = 2_500

const tell = (message: FromWriter): void => {
  process.send?.(message)
}

async function write(
  orders: WriterOrders,
  handedOver: HandedOver<Command>,
  rest: Work['rest'],
): Promise<void> {
  const { incarnation, seed, space, callers, slowCallers } = orders
  // Must stand before the first await: a 'stop' message may set it to 0 meanwhile, and this line would undo that.
  rest.commands = orders.quota
  const pool = (url: string, options: Partial<DatabaseOptions>): Database =>
    new Database({ url, connectionsMax: callers, statements: 'unnamed', ...options })
  const pools = {
    named: pool(orders.appUrl, { statements: 'named' }),
    unnamed: pool(orders.appUrl, {}),
    proxied: pool(orders.proxiedAppUrl, { queryTimeoutMs: PROXIED_TIMEOUT_MS }),
  }
  // Five ways to the log: appends that share a commit, as in the product; each append in its own commit; shared commits
  // over a bad network; and together with a domain's table, over a good network and over a bad one.
  const shared = new PostgresEventStore(pools.named)
  const alone = new PostgresEventStore(pools.unnamed, { coalesce: false })
  const proxied = new PostgresEventStore(pools.proxied)
  const domain = new DomainAppender(pools.unnamed)
  const proxiedDomain = new DomainAppender(pools.proxied)
  const directory = new TenantDirectory(pools.unnamed, 'slug')
  const slugs = Array.from({ length: space.tenants }, (_, tenant) => tenantSlug(tenant))
  const tenants = await resolveTenants(directory, slugs)
  const random = new Random(seed + incarnation)
  const desk = {
    space,
    tenants,
    ledger: new Ledger(orders.ledgerFile),
    source: new CommandSource(space, random, incarnation),
  }
  const work: Work = {
    desk,
    random,
    handedOver,
    rest,
    handOver: (command) => tell({ type: 'hand-over', command }),
  }
  const progress = setInterval(() => tell({ type: 'made', count: desk.source.made }), TOLD_EVERY_MS)
  const stores: readonly Appender[] = [shared, domain, alone, proxied, shared, proxiedDomain]
  await Promise.all([
    ...Array.from({ length: callers }, (_, caller) =>
      callUntilDone(work, stores[caller % stores.length] ?? shared),
    ),
    ...Array.from({ length: slowCallers }, () =>
      callSlowlyUntilDone(work, alone, new SlowTransaction(orders.appUrl, random)),
    ),
  ])
  tell({ type: 'made', count: desk.source.made })
  tell({ type: 'quota-done' })
  await Promise.all(Array.from({ length: callers }, () => takeOverUntilEnd(work, alone)))
  clearInterval(progress)
  desk.ledger.close()
  await Promise.all(Object.values(pools).map((pool) => pool.end()))
}

const handedOver = new HandedOver<Command>()
const rest = { commands: 0 }
process.on('message', (message: ToWriter) => {
  switch (message.type) {
    case 'start':
      write(message.orders, handedOver, rest).then(
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
// The process that started this one has ended, so nobody needs the result.
process.on('disconnect', () => process.exit(0))
