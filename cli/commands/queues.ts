import { clientOptions } from '../client-options.ts'
import { defineGroup } from '../frame/index.ts'

export const options = {
  'dead-letters': {
    type: 'boolean',
    default: false,
    description: 'ID is that of a dead letter; with --all, the dead letters (show, resubmit, discard)',
  },
  all: { type: 'boolean', default: false, description: 'all that wait for a decision (resubmit, discard)' },
  reason: {
    type: 'string',
    placeholder: 'REASON',
    description: 'only those with this reason, as the list prints it',
  },
  'tenant-id': { type: 'string', placeholder: 'ID', description: 'only parked ones of this tenant' },
  state: {
    type: 'string',
    default: 'parked',
    placeholder: 'STATE',
    description: 'parked (default), resubmitted, discarded or all (parked)',
  },
  limit: { type: 'string', default: '50', placeholder: 'N', description: 'as many (default 50)' },
  after: { type: 'string', placeholder: 'ID', description: 'go on after the last id of the list before' },
  body: { type: 'string', placeholder: 'FILE', description: 'send this body in place of its own (resubmit)' },
  'body-to': { type: 'string', placeholder: 'FILE', description: 'write the body to a new file (show)' },
  'dry-run': {
    type: 'boolean',
    default: false,
    description: 'say what would be done, and do nothing (resubmit, discard)',
  },
  yes: { type: 'boolean', default: false, description: 'do it (discard)' },
  ...clientOptions,
} as const

const queue = { name: 'QUEUE', description: 'the name of a queue, as queues list prints it' }
const id = {
  name: 'ID',
  description: 'the id of a message, as queues parked or queues dead-letters prints it',
}

export const subcommands = {
  list: { summary: 'all of them: what waits, is dead and is parked', usage: '' },
  parked: {
    summary: 'the messages that could not be handled, and why',
    usage: 'QUEUE',
    arguments: [queue],
    example: 'trickle-commands',
    options: ['reason', 'tenant-id', 'state', 'limit', 'after'],
  },
  'dead-letters': {
    summary: 'the messages that Service Bus has set aside, and why',
    usage: 'QUEUE',
    arguments: [queue],
    example: 'trickle-commands',
    options: ['reason', 'limit', 'after'],
  },
  show: {
    summary: 'one message with what it says',
    usage: 'QUEUE ID [--dead-letters] [--body-to FILE]',
    arguments: [queue, id],
    example: 'trickle-commands 42 --body-to message.json',
    options: ['dead-letters', 'body-to'],
  },
  resubmit: {
    summary: 'send a message to its queue again, or all of them',
    usage: 'QUEUE (ID [--body FILE] | --all) [--dead-letters] [--dry-run]',
    arguments: [queue, { ...id, isOptional: true }],
    example: 'trickle-commands 42 --body message.json',
    options: ['dead-letters', 'all', 'reason', 'tenant-id', 'body', 'dry-run'],
  },
  discard: {
    summary: 'give a message up for good, or all of them',
    usage: 'QUEUE (ID | --all) [--dead-letters] (--dry-run | --yes)',
    arguments: [queue, { ...id, isOptional: true }],
    example: 'trickle-commands 42 --yes',
    options: ['dead-letters', 'all', 'reason', 'tenant-id', 'dry-run', 'yes'],
  },
} as const

export const command = defineGroup({
  name: 'queues',
  summary: 'See which messages of queues failed; mend them, send them again or give them up.',
  subcommands,
  options,
  notes: `A parked message could not be handled as it is, and waits in PostgreSQL; a dead letter was set aside by Service
Bus. Sending one twice does no harm: its id is known. What a message says is printed by show alone.
It takes an operator's token; for the local run one is made. Step by step: docs/queues.md.`,
  run: async (context) => await (await import('../runs/queues.ts')).run(context),
})
