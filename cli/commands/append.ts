import { clientOptions, tenantOption } from '../client-options.ts'
import { defineCommand } from '../frame/index.ts'

export const options = {
  type: { type: 'string', placeholder: 'TYPE', description: 'what happened, such as ItemAdded' },
  data: {
    type: 'string',
    placeholder: 'JSON',
    description: 'what is to be known of it; - reads it from standard input, @FILE from a file',
  },
  id: {
    type: 'string',
    placeholder: 'ID',
    description: 'of the event; with the same id it may be sent again (default: the server makes one)',
  },
  metadata: { type: 'string', placeholder: 'JSON', description: 'who did it, by which device: an object' },
  expect: {
    type: 'string',
    placeholder: 'VERSION',
    description: 'only if the stream is at this version, or is new (none), or is there (exists)',
  },
  key: { type: 'string', placeholder: 'KEY', description: 'Idempotency-Key: the same append is done once' },
  ...tenantOption,
  ...clientOptions,
} as const

export const words = {
  usage: 'STREAM --type TYPE --data JSON [--id ID] [--expect VERSION] ... | STREAM EVENTS',
  arguments: [
    { name: 'STREAM', description: 'the id of a stream: 1 to 255 letters, digits and . _ : ~ -' },
    { name: 'EVENTS', description: 'a file of events, or - for standard input', isOptional: true },
  ],
  example: `cart-17 --type ItemAdded --data '{"sku":"A-1","quantity":2}'`,
} as const

export const command = defineCommand({
  name: 'append',
  summary: 'Append an event to a stream, or several at once.',
  ...words,
  options,
  notes: `EVENTS is JSON: an event {"type","data","id","time","metadata"}, a list of events, or one event a line (NDJSON). All are
appended or none: 1,000 events and 8 MiB at most. For more there is import.
For the local run a writer's token is made. Exit code 1 when the append was refused: nothing was written then.`,
  run: async (context) => await (await import('../runs/append.ts')).run(context),
})
