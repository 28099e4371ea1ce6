import { clientOptions } from '../client-options.ts'
import { defineGroup } from '../frame/index.ts'

export const options = {
  reason: {
    type: 'string',
    placeholder: 'TEXT',
    description: 'for those who read the list of epochs (new-epoch)',
  },
  'restored-to': {
    type: 'string',
    placeholder: 'TIME',
    description: 'the time to which the database was restored, when events were appended since (new-epoch)',
  },
  from: {
    type: 'string',
    placeholder: 'POINT',
    description: 'end (default): what can be read now still holds; beginning: nothing does (new-epoch)',
  },
  yes: { type: 'boolean', default: false, description: 'do it (new-epoch)' },
  ...clientOptions,
} as const

export const subcommands = {
  status: { summary: 'what holds the feed, and the epochs of the log', usage: '' },
  'new-epoch': {
    summary: 'begin a new epoch, after the database was restored',
    usage: '--reason TEXT [--restored-to TIME] [--from beginning|end] --yes',
    example: '--reason "restored after the outage" --restored-to 2026-11-21T14:30:00Z --yes',
    options: ['reason', 'restored-to', 'from', 'yes'],
  },
} as const

export const command = defineGroup({
  name: 'log',
  summary: 'See what holds the feed; begin a new epoch after a restore.',
  subcommands,
  options,
  notes: `It takes an operator's token; for the local run one is made. Step by step: docs/operations.md.`,
  run: async (context) => await (await import('../runs/log.ts')).run(context),
})
