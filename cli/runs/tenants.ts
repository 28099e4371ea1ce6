import type { options, subcommands } from '../commands/tenants.ts'
import { z } from 'zod'
import { TENANT_KEYS } from '../../shared/tenancy/index.ts'
import { openClient } from '../client.ts'
import type { Client } from '../client.ts'
import { integerOption, renderTable, UsageError } from '../frame/index.ts'
import type { GroupContext } from '../frame/index.ts'

const tenantSchema = z.looseObject({
  id: z.string(),
  slug: z.string(),
  name: z.string(),
  externalId: z.string().nullable(),
  status: z.string(),
  createdAt: z.string(),
})

type Tenant = z.infer<typeof tenantSchema>

const pageSchema = z.object({ tenants: z.array(tenantSchema), next: z.string().nullable() })

type Page = z.infer<typeof pageSchema>

type Verb = keyof typeof subcommands

const done: Readonly<Record<Exclude<Verb, 'list'>, string>> = {
  create: 'Created',
  suspend: 'Suspended (reads end within 5 s)',
  resume: 'Works again (within 5 s)',
}

export async function run({
  verb,
  values,
  positionals,
  home,
  print,
}: GroupContext<typeof subcommands, typeof options>): Promise<number | void> {
  const { name, 'external-id': externalId, by, url, token, insecure } = values
  const [slug = ''] = positionals
  const kind = kindOf(by)
  const limit = integerOption(values.limit, '--limit', { min: 1, max: LISTED_MAX })
  const client = openClient({ home, url, token, insecure, roles: ['operator'] })
  if (verb === 'list') {
    const list = await listTenants(client, { filter: values.filter, after: values.after, limit })
    print(list, `${tableOf(list.tenants)}${moreLine(list)}`)
    return
  }
  const path = verb === 'create' ? '/api/tenants' : `/api/tenants/${encodeURIComponent(slug)}/${verb}${kind}`
  const request = verb === 'create' ? { json: { slug, name, externalId } } : { method: 'POST' as const }
  const tenant = await client.json(path, tenantSchema, request)
  print(tenant, `${done[verb]}: ${tenant.slug} (${tenant.id})`)
}

/** The query that says what kind of name is meant; '' if none was given. */
function kindOf(by: string | undefined): string {
  if (by === undefined) return ''
  if (TENANT_KEYS.some((key) => key === by)) return `?by=${by}`
  throw new UsageError(`--by takes ${TENANT_KEYS.join(', ')}, not "${by}".`)
}

/** More than a person reads. A caller that needs all goes on with --after. */
const LISTED_MAX = 10_000

/** The largest page that the server allows. */
const PAGE_TENANTS = 1000

interface ListRequest {
  readonly filter: string | undefined
  readonly after: string | undefined
  readonly limit: number
}

interface TenantList {
  readonly tenants: readonly Tenant[]
  /** The slug after which the list goes on; null at its end. */
  readonly next: string | null
}

/** Reads pages until one tenant more than the limit is found: only this shows that there are more. */
async function listTenants(client: Client, { filter, after = '', limit }: ListRequest): Promise<TenantList> {
  const found: Tenant[] = []
  const pageSize = filter === undefined ? Math.min(limit + 1, PAGE_TENANTS) : PAGE_TENANTS
  for (let from: string | null = after; from !== null && found.length <= limit;) {
    const query = new URLSearchParams({ after: from, limit: String(pageSize) })
    const page: Page = await client.json(`/api/tenants?${query.toString()}`, pageSchema)
    found.push(...page.tenants.filter((tenant) => filter === undefined || mentions(tenant, filter)))
    from = page.next
  }
  const tenants = found.slice(0, limit)
  return { tenants, next: found.length > limit ? (tenants.at(-1)?.slug ?? null) : null }
}

function mentions({ slug, name, id, externalId }: Tenant, text: string): boolean {
  const wanted = text.toLowerCase()
  return [slug, name, id, externalId ?? ''].some((candidate) => candidate.toLowerCase().includes(wanted))
}

function tableOf(tenants: readonly Tenant[]): string {
  const rows = tenants.map(({ slug, name, status, id, externalId }) => [slug, name, status, id, externalId])
  const table = renderTable(['slug', 'name', 'status', 'id', 'external id'], rows)
  return `${table}\n(${tenants.length} ${tenants.length === 1 ? 'tenant' : 'tenants'})`
}

const moreLine = ({ next }: TenantList): string =>
  next === null ? '' : `\nThere are more. Go on by the same command with --after ${next}`
