import { z } from 'zod'
import { defineRouteFor, nextPageSchema, reply, wholeNumber } from '../../shared/http/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { operatorActionSchema } from './schemas.ts'
import type { OperationServices } from './services.ts'

export const actionRoutes = (services: () => Pick<OperationServices, 'operatorActions'>) => [
  listRoute(services),
]

/** The same bound as for pages of events. */
const PAGE_MAX = 1_000

/** A number of the database, so at most 18 digits: 19 may be more than it can hold. */
const actionIdSchema = z.string().regex(/^\d{1,18}$/, { error: 'is no id of an action' })

const listRoute = (services: () => Pick<OperationServices, 'operatorActions'>) =>
  defineRouteFor<TenantContext>()({
    tags: ['Operations'],
    access: { kind: 'operator' },
    name: 'list-operator-actions',
    method: 'GET',
    path: '/api/operations/actions',
    summary: 'List what operators did, the newest first',
    description:
      'Each action of an operator that changed something, written in the transaction of the change. What was refused or failed is in the log of the app.',
    request: {
      query: z.object({
        after: actionIdSchema.optional().describe('`next` of the page before.'),
        limit: wholeNumber({ min: 1, max: PAGE_MAX }).default(100),
      }),
    },
    responses: {
      200: {
        description: 'A page',
        schema: z
          .object({ actions: z.array(operatorActionSchema), next: nextPageSchema(z.string().nullable()) })
          .meta({ id: 'OperatorActions' }),
        headers: { Link: { description: 'The next page, `rel="next"`' } },
      },
    },
    async handler({ query: { after, limit } }) {
      const page = await services().operatorActions.page(after ?? null, limit)
      const next = `</api/operations/actions?after=${page.next}&limit=${limit}>; rel="next"`
      return reply(200, { json: page, headers: page.next === null ? {} : { Link: next } })
    },
  })
