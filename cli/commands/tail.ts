import { clientOptions, tenantOption } from '../client-options.ts'
import { defineCommand } from '../frame/index.ts'

export const options = {
  beginning: {
    type: 'boolean',
    default: false,
    description: 'show what is there already, from the first event',
  },
  since: {
    type: 'string',
    placeholder: 'TIME',
    description: 'show what was recorded since then: 10m, 2h, 1d ago, or 2026-11-21T14:30:00Z',
  },
  type: {
    type: 'string',
    multiple: true,
    placeholder: 'TYPE',
    description: 'only events of this type; may be repeated',
  },
  'stream-type': {
    type: 'string',
    multiple: true,
    placeholder: 'TYPE',
    description: 'only events of streams of this type; may be repeated',
  },
  count: { type: 'string', placeholder: 'N', description: 'end after as many events (default: never)' },
  ...tenantOption,
  ...clientOptions,
} as const

export const command = defineCommand({
  name: 'tail',
  summary: "Follow a tenant's events as they come.",
  usage: '[--since TIME | --beginning] [--type TYPE] [--count N]',
  example: '--since 10m',
  options,
  notes: `It begins with the next event, unless --since or --beginning is given, and ends with Ctrl-C. With --json each line is
one event, whole. While the server is away it tries again, for ten minutes. No event is left out or shown twice.
For the local run a reader's token is made.`,
  run: async (context) => await (await import('../runs/tail.ts')).run(context),
})
