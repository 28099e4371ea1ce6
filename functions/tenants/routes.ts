import { z } from 'zod'
import { operatorAction } from '../../shared/audit/index.ts'
import { defineRouteFor, markReplayed, nextPageSchema, reply, wholeNumber } from '../../shared/http/index.ts'
import type { Reply, Route } from '../../shared/http/index.ts'
import type { Received } from '../../shared/receipts/index.ts'
import {
  EXTERNAL_ID_FORM,
  externalIdOf,
  foldName,
  SLUG_FORM,
  slugOf,
  TENANT_KEYS,
} from '../../shared/tenancy/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import type { TenantServices } from './services.ts'

/** A page of the list; the same bound as for pages of events. */
const PAGE_MAX = 1_000

/** As many as one statement makes in well under a second. */
const BULK_MAX = 1_000

const slugSchema = z
  .string()
  .refine((text) => slugOf(text) !== null, { error: SLUG_FORM })
  .transform(foldName)
  .meta({ type: 'string', example: 'acme', description: 'The short name; A to Z become lower case.' })

const externalIdSchema = z
  .string()
  .refine((text) => externalIdOf(text) !== null, { error: EXTERNAL_ID_FORM })
  .meta({
    type: 'string',
    minLength: 1,
    maxLength: 200,
    description: 'What another system calls the tenant, such as the Entra tenant id.',
  })

const newTenantSchema = z
  .strictObject({
    slug: slugSchema,
    name: z.string().min(1).max(200).optional().describe('For people; the slug when absent.'),
    externalId: externalIdSchema.optional(),
  })
  .meta({ id: 'NewTenant' })

const tenantSchema = z
  .object({
    id: z.uuid(),
    slug: z.string(),
    externalId: z.string().nullable(),
    name: z.string(),
    status: z.enum(['active', 'suspended']),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: 'Tenant' })

const defineTenantRoute = defineRouteFor<TenantContext>()

const common = { tags: ['Tenants'], access: { kind: 'operator' } } as const

export const tenantRoutes = (services: () => TenantServices): Route<TenantContext>[] => [
  createRoute(services),
  createManyRoute(services),
  listRoute(services),
  statusRoute(services, 'suspend'),
  statusRoute(services, 'resume'),
]

const createRoute = (services: () => TenantServices) =>
  defineTenantRoute({
    ...common,
    name: 'create-tenant',
    method: 'POST',
    path: '/api/tenants',
    summary: 'Create a tenant',
    description:
      'A name (slug, external id or id) belongs to one tenant, whether in upper or lower case: a slug that is the external id of another tenant is refused, and the other way round.',
    request: {
      body: {
        kind: 'json',
        schema: newTenantSchema,
        maxBytes: 16_384,
        example: { slug: 'acme', name: 'Acme Ltd' },
      },
    },
    responses: { 201: { description: 'The tenant', schema: tenantSchema } },
    errors: ['TENANT_EXISTS'],
    idempotency: 'receipt',
    async handler({ body, idempotency, caller, traceId }) {
      const action = operatorAction('create-tenant', caller, traceId)
      return answer(201, await services().registry.create(body, idempotency, action))
    },
  })

/** The result as JSON, marked when it is the first answer again. */
function answer(status: number, { result, replayed }: Received<unknown>): Reply {
  const first = reply(status, { json: result })
  return replayed ? markReplayed(first) : first
}

const createManyRoute = (services: () => TenantServices) =>
  defineTenantRoute({
    ...common,
    name: 'create-tenants-bulk',
    method: 'POST',
    path: '/api/tenants/bulk',
    summary: 'Create the tenants that are missing',
    description:
      'Makes those whose slug is free and leaves the others as they are, so it may be repeated. Where a name of one belongs to another tenant, none is made.',
    request: {
      body: {
        kind: 'json',
        schema: z
          .strictObject({ tenants: z.array(newTenantSchema).min(1).max(BULK_MAX) })
          .meta({ id: 'NewTenants' }),
        maxBytes: 1_048_576,
        example: { tenants: [{ slug: 'acme', name: 'Acme Ltd' }, { slug: 'globex' }] },
      },
    },
    responses: {
      200: {
        description: 'How many were made, and how many were there',
        schema: z.object({ created: z.int(), existing: z.int() }).meta({ id: 'CreatedTenants' }),
      },
    },
    errors: ['TENANT_EXISTS'],
    idempotency: 'receipt',
    async handler({ body, idempotency, caller, traceId }) {
      const action = operatorAction('create-tenants-bulk', caller, traceId)
      return answer(200, await services().registry.createMissing(body.tenants, idempotency, action))
    },
  })

const listRoute = (services: () => TenantServices) =>
  defineTenantRoute({
    ...common,
    name: 'list-tenants',
    method: 'GET',
    path: '/api/tenants',
    summary: 'List tenants',
    request: {
      query: z.object({
        after: z
          .string()
          .max(63)
          .default('')
          .describe('The slug after which to go on: `next` of the page before.'),
        limit: wholeNumber({ min: 1, max: PAGE_MAX }).default(100),
      }),
    },
    responses: {
      200: {
        description: 'A page, ordered by slug',
        schema: z
          .object({ tenants: z.array(tenantSchema), next: nextPageSchema(z.string().nullable()) })
          .meta({ id: 'Tenants' }),
      },
    },
    async handler({ query }) {
      const tenants = await services().registry.list(foldName(query.after), query.limit)
      const next = tenants.length === query.limit ? (tenants.at(-1)?.slug ?? null) : null
      const link =
        next === null ? {} : { Link: `</api/tenants?after=${next}&limit=${query.limit}>; rel="next"` }
      return reply(200, { json: { tenants, next }, headers: link })
    },
  })

const statusRoute = (services: () => TenantServices, verb: 'suspend' | 'resume') =>
  defineTenantRoute({
    ...common,
    name: `${verb}-tenant`,
    method: 'POST',
    path: `/api/tenants/{tenant}/${verb}`,
    summary: verb === 'suspend' ? 'Suspend a tenant' : 'Resume a tenant',
    description:
      verb === 'suspend'
        ? 'Appends are refused at once, reads within 5 seconds, on every instance. Repeating it changes nothing.'
        : 'The tenant works again, within 5 seconds on every instance. Repeating it changes nothing.',
    request: {
      params: z.object({ tenant: z.string().min(1).max(200).describe('Id, slug or external id.') }),
      query: z.object({
        by: z
          .enum(TENANT_KEYS)
          .default('any')
          .describe('What `tenant` is. "any" tries all three, and refuses what names two tenants.'),
      }),
    },
    responses: { 200: { description: 'The tenant', schema: tenantSchema } },
    errors: ['TENANT_NOT_FOUND', 'TENANT_AMBIGUOUS'],
    idempotency: 'receipt',
    async handler({ params, query: { by }, idempotency, caller, traceId }) {
      const status = verb === 'suspend' ? 'suspended' : 'active'
      const action = operatorAction(`${verb}-tenant`, caller, traceId)
      return answer(
        200,
        await services().registry.setStatus(params.tenant, status, { by, idempotency, action }),
      )
    },
  })
