import { clientOptions } from '../client-options.ts'
import { defineGroup } from '../frame/index.ts'

export const options = {
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
  filter: {
    type: 'string',
    placeholder: 'TEXT',
    description: 'only those with this text in slug, name, id or external id (list)',
  },
  limit: { type: 'string', default: '100', placeholder: 'N', description: 'as many (list; default 100)' },
  after: { type: 'string', placeholder: 'SLUG', description: 'go on after this slug (list)' },
  ...clientOptions,
} as const

const tenant = { name: 'TENANT', description: 'the slug, id or external id of a tenant' }

export const subcommands = {
  list: {
    summary: 'tenants in the order of their slugs',
    usage: '[--filter TEXT] [--limit N] [--after SLUG]',
    options: ['filter', 'limit', 'after'],
  },
  create: {
    summary: 'make one',
    usage: 'SLUG [--name NAME] [--external-id ID]',
    arguments: [
      { name: 'SLUG', description: 'the short name: 1 to 63 of a-z, 0-9, dot, underscore and hyphen' },
    ],
    example: 'acme --name "Acme Ltd"',
    options: ['name', 'external-id'],
  },
  suspend: {
    summary: 'refuse its reads and appends',
    usage: 'TENANT [--by KIND]',
    arguments: [tenant],
    example: 'acme',
    options: ['by'],
  },
  resume: {
    summary: 'let it work again',
    usage: 'TENANT [--by KIND]',
    arguments: [tenant],
    example: 'acme',
    options: ['by'],
  },
} as const

export const command = defineGroup({
  name: 'tenants',
  summary: 'List tenants, create one, suspend or resume one.',
  subcommands,
  options,
  notes: `--filter looks through all tenants, page by page, without regard to upper and lower case.
A name (slug, external id or id) belongs to one tenant: create refuses one that another tenant has, as whatever kind.
It takes an operator's token; for the local run one is made.`,
  run: async (context) => await (await import('../runs/tenants.ts')).run(context),
})
