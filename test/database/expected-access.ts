import { migrationsAccess } from '../../database/access.ts'
import { product } from '../../functions/product.ts'
import { analyticsAccess } from '../../shared/adx/access.ts'
import { auditAccess } from '../../shared/audit/access.ts'
import { eventStoreAccess } from '../../shared/event-store/access.ts'
import type { TableAccess } from '../../shared/postgres/index.ts'
import { messagesAccess } from '../../shared/messages/access.ts'
import { receiptsAccess } from '../../shared/receipts/access.ts'
import { subscriptionsAccess } from '../../shared/subscriptions/access.ts'
import { tenancyAccess } from '../../shared/tenancy/access.ts'
import type { AccessOf } from './isolation-check.ts'

/**
 * Who may do what to which relation, as each owner says it. What is in no table is refused, so a new table, partition or
 * view is refused to everybody until somebody has thought about it; a partition is never worked on by its own name.
 */
export const productAccess: TableAccess = {
  ...tenancyAccess,
  ...eventStoreAccess,
  ...receiptsAccess,
  ...subscriptionsAccess,
  ...analyticsAccess,
  ...auditAccess,
  ...messagesAccess,
  ...migrationsAccess,
  ...product().access,
}

export const namedRelations: readonly string[] = Object.keys(productAccess)

/** Looks up what a table of access says. */
export const accessBy =
  (access: TableAccess): AccessOf =>
  (relation, login, verb) =>
    access[relation]?.[login]?.[verb] ?? 'refused'

export const accessOf: AccessOf = accessBy(productAccess)
