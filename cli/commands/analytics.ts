import { defineCommand } from '../frame/index.ts'

export const options = {
  database: {
    type: 'string',
    placeholder: 'NAME',
    description: 'default: the one that events are forwarded to',
  },
} as const

export const command = defineCommand({
  name: 'analytics',
  summary: 'Ask the local analytics side a question in KQL.',
  usage: 'QUERY [--database NAME]',
  arguments: [{ name: 'QUERY', description: 'a query in KQL, in quotes: | has a meaning for the shell' }],
  example: '"EventsRaw | where StreamId == \'cart-1\' | count"',
  options,
  notes: `Tables: EventsRaw (every row that arrived, doubles included), Events (one row an event).
The same text runs in Azure Data Explorer.`,
  run: async (context) => await (await import('../runs/analytics.ts')).run(context),
})
