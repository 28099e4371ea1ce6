/**
 * Those who append: processes of several callers each (main.ts), by the event store, together with a
 * table of a domain, and by slow transactions, which keep a
 * ledger of what they sent and were told. They do not look into the log.
 */
export type { FromWriter, ToWriter, WriterOrders } from './messages.ts'
export { PREPARED_PREFIX } from './slow-transaction.ts'
export { DOMAIN_TABLE, DOMAIN_TRACE, DomainAppender } from './domain-appender.ts'
export { send } from './send.ts'
