import { defineCommand } from '../frame/index.ts'

export const options = {
  url: {
    type: 'string',
    placeholder: 'URL',
    description: 'the migrator’s postgres:// url (default: the local run)',
  },
  count: { type: 'string', placeholder: 'N', description: 'at most this many (default: up all, down 1)' },
  'replace-newer': {
    type: 'boolean',
    description: 'put this checkout’s functions back where the database holds newer ones',
  },
} as const

export const command = defineCommand({
  name: 'migrate',
  summary: 'Bring a database to the schema of this checkout, or take migrations back.',
  usage: '[up|down] [--count N] [--replace-newer] [--url postgres://...]',
  arguments: [{ name: 'DIRECTION', description: 'up or down', isOptional: true }],
  options,
  notes:
    'It goes directly to the server (5432), never through a transaction pooler. The local run migrates at each start.',
  run: async (context) => await (await import('../runs/migrate.ts')).run(context),
})
