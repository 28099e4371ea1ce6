import { clientOptions } from '../client-options.ts'
import { defineCommand } from '../frame/index.ts'

export const options = {
  limit: {
    type: 'string',
    default: '50',
    placeholder: 'N',
    description: 'as many (default 50, at most 1000)',
  },
  after: { type: 'string', placeholder: 'ID', description: 'go on after the last id of the list before' },
  ...clientOptions,
} as const

export const command = defineCommand({
  name: 'actions',
  summary: 'List what operators did, the newest first.',
  usage: '[--limit N] [--after ID]',
  options,
  notes: `Each action was recorded together with what it changed. What was refused or failed is in the log of the app.
It takes an operator's token; for the local run one is made.`,
  run: async (context) => await (await import('../runs/actions.ts')).run(context),
})
