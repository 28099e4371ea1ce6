import { defineCommand } from '../frame/index.ts'

export const options = {
  seed: {
    type: 'string',
    default: '1',
    placeholder: 'N',
    description: 'the same number makes the same events (default 1)',
  },
  timeout: {
    type: 'string',
    default: '1m',
    placeholder: 'TIME',
    description: 'how long analytics may take (default 1m)',
  },
} as const

export const command = defineCommand({
  name: 'demo',
  summary: 'Make a few tenants with a month of events, and compare what PostgreSQL and analytics have.',
  usage: '[--seed N] [--timeout TIME]',
  options,
  notes: `It needs the local run. Running it again adds nothing: the events have the same ids and content.
Exit code 1 when PostgreSQL and analytics (EventsRaw, doubles included) do not have the same.`,
  run: async (context) => await (await import('../runs/demo.ts')).run(context),
})
