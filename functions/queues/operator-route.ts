/** What the routes of this context have in common. */
import { defineRouteFor, reply } from '../../shared/http/index.ts'
import type { OperatorCaller, Reply } from '../../shared/http/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import type { Repaired, RepairOrder } from './outcomes.ts'

export const defineOperatorRoute = defineRouteFor<TenantContext>()

export const common = { tags: ['Queues'], access: { kind: 'operator' } } as const

/** A hundred messages that are sent one after the other take seconds in Azure, and longer when it is slow. */
export const REPAIR_DEADLINE_MS = 60_000
/** For recording what was done, and for giving back what was taken. */
const RESERVE_MS = 20_000

export const orderOf = (isDryRun: boolean, deadlineAtMs: number): RepairOrder => ({
  isDryRun,
  untilMs: deadlineAtMs - RESERVE_MS,
})

export const nameOf = ({ subject, issuer }: Pick<OperatorCaller, 'subject' | 'issuer'>): string =>
  `${subject} of ${issuer}`

export const repairReply = (dryRun: boolean, { messages, next }: Repaired): Reply =>
  reply(200, { json: { dryRun, messages, next } })

/** A page with the link to the next one. @param path without a query */
export function pageReply(
  path: string,
  query: Readonly<Record<string, string | number | undefined>>,
  page: { readonly messages: readonly unknown[]; readonly next: string | null },
): Reply {
  const { next } = page
  if (next === null) return reply(200, { json: page })
  const all: typeof query = { ...query, after: next }
  const members = Object.entries(all).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  )
  const link = `<${path}?${new URLSearchParams(members).toString()}>; rel="next"`
  return reply(200, { json: page, headers: { Link: link } })
}

export const linkHeader = { Link: { description: 'The next page, `rel="next"`' } } as const
