import { clientOptions } from '../client-options.ts'
import { defineGroup } from '../frame/index.ts'

export const options = {
  reason: {
    type: 'string',
    placeholder: 'TEXT',
    description: 'for those who read the list of keys later (add)',
  },
  yes: { type: 'boolean', default: false, description: 'do it (remove)' },
  ...clientOptions,
} as const

export const subcommands = {
  list: { summary: 'the keys, and which one seals', usage: '' },
  add: {
    summary: 'make a key that seals from some minutes later on',
    usage: '--reason TEXT',
    example: '--reason "once a year"',
    options: ['reason'],
  },
  remove: {
    summary: 'take a key away; what it sealed ends',
    usage: 'ID --yes',
    arguments: [{ name: 'ID', description: 'the id of a key, as seal-keys list prints it' }],
    example: '5f3a90c1 --yes',
    options: ['yes'],
  },
} as const

export const command = defineGroup({
  name: 'seal-keys',
  summary: 'List, add and remove the keys that seal feed cursors and consistency tokens.',
  subcommands,
  options,
  notes: `It takes an operator's token; for the local run one is made. When to do what: docs/operations.md.`,
  run: async (context) => await (await import('../runs/seal-keys.ts')).run(context),
})
