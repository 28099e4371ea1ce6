import { clientOptions } from '../client-options.ts'
import { defineGroup } from '../frame/index.ts'

export const options = {
  beginning: { type: 'boolean', default: false, description: 'from the first event (resume-at)' },
  end: {
    type: 'boolean',
    default: false,
    description: 'from what comes now; the rest is left out (resume-at)',
  },
  'epoch-began': {
    type: 'boolean',
    default: false,
    description: 'from where the epoch of the log began, or earlier if it was behind (resume-at)',
  },
  checkpoint: {
    type: 'string',
    placeholder: 'XID:POSITION',
    description: 'from the event after this point, as show prints it (resume-at)',
  },
  all: { type: 'boolean', default: false, description: 'all parked events (replay)' },
  yes: { type: 'boolean', default: false, description: 'do it (reset)' },
  ...clientOptions,
} as const

const name = { name: 'NAME', description: 'the name of a subscription, as subscriptions list prints it' }
const parkedId = { name: 'ID', description: 'the id of a parked event, as subscriptions parked prints it' }

export const subcommands = {
  list: { summary: 'all of them: state, lag, events set aside', usage: '' },
  show: { summary: 'one, with its members', usage: 'NAME', arguments: [name], example: 'forward-adx' },
  pause: { summary: 'let it rest', usage: 'NAME', arguments: [name], example: 'forward-adx' },
  resume: { summary: 'let it go on', usage: 'NAME', arguments: [name], example: 'forward-adx' },
  reset: {
    summary: 'put it back to the beginning',
    usage: 'NAME --yes',
    arguments: [name],
    example: 'orders-per-day --yes',
    options: ['yes'],
  },
  'resume-at': {
    summary: 'let it go on from another point',
    usage: 'NAME POINT',
    arguments: [name],
    example: 'forward-adx --epoch-began',
    options: ['beginning', 'end', 'epoch-began', 'checkpoint'],
  },
  members: {
    summary: 'share the work among N members',
    usage: 'NAME N',
    arguments: [name, { name: 'N', description: 'a whole number from 1 to 16' }],
    example: 'forward-adx 4',
  },
  parked: {
    summary: 'the events set aside, and why',
    usage: 'NAME',
    arguments: [name],
    example: 'welcome-mail',
  },
  replay: {
    summary: 'handle a parked event again, or all of them',
    usage: 'NAME (ID | --all)',
    arguments: [name, { ...parkedId, isOptional: true }],
    example: 'welcome-mail 42',
    options: ['all'],
  },
  skip: {
    summary: 'give a parked event up for good',
    usage: 'NAME ID',
    arguments: [name, parkedId],
    example: 'welcome-mail 42',
  },
} as const

export const command = defineGroup({
  name: 'subscriptions',
  summary: 'See how far subscriptions have come; pause, mend and resize them.',
  subcommands,
  options,
  notes: `POINT is --epoch-began, --beginning, --end or --checkpoint XID:POSITION. reset and resume-at want a
subscription that is paused or stopped. ID is the id that parked prints: replay handles the event again, skip gives it up.
It takes an operator's token; for the local run one is made. Step by step: docs/operations.md.`,
  run: async (context) => await (await import('../runs/subscriptions.ts')).run(context),
})
