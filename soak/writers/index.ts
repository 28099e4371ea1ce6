/**
 * The writers: processes with several callers each (main.ts). They append through the event store, together with a
 * table of a domain, and in slow transactions, and keep a ledger of what they sent and were answered. They do not read
 * the log.
 */
export type { FromWriter, ToWriter, WriterOrders } from './messages.ts'
export { PREPARED_PREFIX } from './slow-transaction.ts'
export { DOMAIN_TABLE, DOMAIN_TRACE, DomainAppender } from './domain-appender.ts'
export { send } from './send.ts'
export { resolveTenants } from './resolve-tenants.ts'
