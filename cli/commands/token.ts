import { defineCommand } from '../frame/index.ts'

export const options = {
  tenant: { type: 'string', placeholder: 'TENANT', description: 'slug, id or external id' },
  service: {
    type: 'boolean',
    default: false,
    description: 'for a backend that names the tenant of each request in the header Trickle-Tenant',
  },
  roles: {
    type: 'string',
    default: 'reader,writer',
    placeholder: 'ROLES',
    description: 'some of reader, writer, admin; or operator',
  },
  expires: {
    type: 'string',
    default: '1h',
    placeholder: 'TIME',
    description: 'how long it is good: 90s, 15m, 8h, at most 7d (default 1h)',
  },
  subject: {
    type: 'string',
    default: 'trickle-cli',
    placeholder: 'NAME',
    description: 'whom it stands for',
  },
} as const

export const command = defineCommand({
  name: 'token',
  summary: 'Print a token for the local run, and nothing else.',
  usage: '--tenant SLUG --roles writer,reader | --service --roles writer,reader | --roles operator',
  example: '--tenant acme --roles writer,reader',
  options,
  run: async (context) => await (await import('../runs/token.ts')).run(context),
})
