import { defineCommand } from '../frame/index.ts'

export const options = {
  port: {
    type: 'string',
    default: '7071',
    placeholder: 'N',
    description: 'port of the public app (default 7071; 0: a free one)',
  },
  'background-port': {
    type: 'string',
    placeholder: 'N',
    description: 'port of the background app (default: the one after --port; 0: a free one)',
  },
  'postgres-port': {
    type: 'string',
    default: '54320',
    placeholder: 'N',
    description: 'port of PostgreSQL (default 54320; 0: a free one)',
  },
  'postgres-via': {
    type: 'string',
    placeholder: 'HOST:PORT',
    description:
      'the functions reach PostgreSQL by this address (a proxy); migrations and commands go direct',
  },
  'analytics-via': {
    type: 'string',
    placeholder: 'HOST:PORT',
    description: 'the functions reach analytics by this address (a proxy)',
  },
  'service-bus-port': {
    type: 'string',
    default: '0',
    placeholder: 'N',
    description: 'port of the Service Bus broker (default: a free one, kept from start to start)',
  },
  'service-bus-via': {
    type: 'string',
    placeholder: 'HOST:PORT',
    description: 'the functions reach Service Bus by this address (a proxy)',
  },
  postgres: {
    type: 'string',
    placeholder: 'URL',
    description: 'use a server that runs already; the url is an administrator’s',
  },
  fresh: {
    type: 'boolean',
    default: false,
    description: 'clear PostgreSQL, storage, analytics and queues first',
  },
  watch: {
    type: 'boolean',
    default: false,
    description: 'build and restart the functions whenever a source file changes',
  },
  detach: { type: 'boolean', default: false, description: 'return when ready; "stop" ends it' },
} as const

export const command = defineCommand({
  name: 'start',
  summary:
    'Start everything on this machine: PostgreSQL, storage, analytics, Service Bus, token issuer, functions.',
  usage: '[--watch] [--detach] [--fresh] [--port N] [--postgres-port N] [--home DIR] ...',
  options,
  notes: `The home keeps data, keys, passwords and ports; without --fresh the next start goes on where this one ended.
Two hosts serve the one bundle: the public app tenants, the background app operators, timers and queues.
A part that ends is started again, the hosts within a second. Ctrl-C ends everything in order, twice at once.`,
  run: async (context) => await (await import('../runs/start.ts')).run(context),
})
