import { clientOptions, tenantOption } from '../client-options.ts'
import { defineCommand } from '../frame/index.ts'

export const options = {
  from: {
    type: 'string',
    placeholder: 'VERSION',
    description: 'begin with this version (default: the first, with --backward the newest)',
  },
  backward: { type: 'boolean', default: false, description: 'the newest first' },
  limit: { type: 'string', default: '100', placeholder: 'N', description: 'as many events (default 100)' },
  type: {
    type: 'string',
    multiple: true,
    placeholder: 'TYPE',
    description: 'only events of this type; may be repeated',
  },
  ...tenantOption,
  ...clientOptions,
} as const

export const command = defineCommand({
  name: 'read',
  summary: 'Read the events of a stream.',
  usage: 'STREAM [--from VERSION] [--backward] [--limit N] [--type TYPE]',
  arguments: [{ name: 'STREAM', description: 'the id of a stream, such as cart-17' }],
  example: 'cart-17 --backward --limit 1',
  options,
  notes: `--json has the events whole; the table cuts long data. For the local run a reader's token is made.
Exit code 1 when the tenant has no such stream.`,
  run: async (context) => await (await import('../runs/read.ts')).run(context),
})
