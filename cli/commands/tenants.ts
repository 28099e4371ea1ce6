import { z } from 'zod'
import { TENANT_KEYS } from '../../shared/tenancy/index.ts'
import { clientOptions, openClient } from '../client.ts'
import type { Client } from '../client.ts'
import { defineCommand, renderTable, UsageError } from '../frame/index.ts'

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

/** The largest page that the server allows: ten thousand tenants need ten requests. */
const PAGE_TENANTS = 1000

async function listTenants(client: Client): Promise<Tenant[]> {
  const all: Tenant[] = []
  for (let after: string | null = ''; after !== null;) {
    const query = new URLSearchParams({ after, limit: String(PAGE_TENANTS) })
    const page: Page = await client.json(`/api/tenants?${query.toString()}`, pageSchema)
    all.push(...page.tenants)
    after = page.next
  }
  return all
}

function tableOf(tenants: readonly Tenant[]): string {
  const rows = tenants.map(({ slug, name, status, id, externalId }) => [slug, name, status, id, externalId])
  const table = renderTable(['slug', 'name', 'status', 'id', 'external id'], rows)
  return `${table}\n(${tenants.length} ${tenants.length === 1 ? 'tenant' : 'tenants'})`
}

const VERBS = ['list', 'create', 'suspend', 'resume'] as const
type Verb = (typeof VERBS)[number]

function verbOf(words: readonly string[]): { verb: Verb; slug: string } {
  const [first, slug] = words
  const verb = VERBS.find((name) => name === first)
  if (!verb) throw new UsageError(`tenants takes ${VERBS.join(', ')}, not "${first ?? ''}".`)
  if (verb === 'list' && slug !== undefined) throw new UsageError(`Unexpected argument: ${slug}`)
  if (verb !== 'list' && slug === undefined) throw new UsageError(`Name the tenant: tenants ${verb} SLUG`)
  return { verb, slug: slug ?? '' }
}

/** The query that says what kind of name is meant; '' if none was given. */
function kindOf(by: string | undefined): string {
  if (by === undefined) return ''
  if (TENANT_KEYS.some((key) => key === by)) return `?by=${by}`
  throw new UsageError(`--by takes ${TENANT_KEYS.join(', ')}, not "${by}".`)
}

const done: Readonly<Record<Exclude<Verb, 'list'>, string>> = {
  create: 'Created',
  suspend: 'Suspended (reads end within 5 s)',
  resume: 'Works again (within 5 s)',
}

export const command = defineCommand({
  name: 'tenants',
  summary: 'List tenants, create one, suspend or resume one.',
  usage:
    'list | create SLUG [--name NAME] [--external-id ID] | suspend TENANT [--by KIND] | resume TENANT [--by KIND]',
  positionals: { min: 1, max: 2 },
  options: {
    name: { type: 'string', placeholder: 'NAME', description: 'for people (create; default: the slug)' },
    by: {
      type: 'string',
      placeholder: 'KIND',
      description: 'what the name is: slug, externalId or id (suspend, resume; default: any of them)',
    },
    'external-id': {
      type: 'string',
      placeholder: 'ID',
      description: 'what another system calls it, such as the Entra tenant id (create)',
    },
    ...clientOptions,
  },
  notes: `A slug has 1 to 63 of a-z, 0-9, dot, underscore and hyphen. suspend and resume take an id or external id too.
A name (slug, external id or id) belongs to one tenant: create refuses one that another tenant has, as whatever kind.
It takes an operator's token; for the local run one is made.`,
  run: async ({ values, positionals, home, print }) => {
    const { verb, slug } = verbOf(positionals)
    const { name, 'external-id': externalId, by, url, token, insecure } = values
    if (verb !== 'create' && (name ?? externalId) !== undefined) {
      throw new UsageError('--name and --external-id belong to tenants create.')
    }
    const kind = kindOf(by)
    if (kind !== '' && verb !== 'suspend' && verb !== 'resume') {
      throw new UsageError('--by belongs to tenants suspend and tenants resume.')
    }
    const client = openClient({ home, url, token, insecure, roles: ['operator'] })
    if (verb === 'list') {
      const tenants = await listTenants(client)
      print({ tenants }, tableOf(tenants))
      return
    }
    const path =
      verb === 'create' ? '/api/tenants' : `/api/tenants/${encodeURIComponent(slug)}/${verb}${kind}`
    const request = verb === 'create' ? { json: { slug, name, externalId } } : { method: 'POST' as const }
    const tenant = await client.json(path, tenantSchema, request)
    print(tenant, `${done[verb]}: ${tenant.slug} (${tenant.id})`)
  },
})
