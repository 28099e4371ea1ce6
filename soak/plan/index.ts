/**
 * What a soak run does: its streams, and the commands that its writers make from a seed. Nothing here sends anything: a
 * command is plain data, which a ledger can hold and another process can send again.
 */
export { Random } from './random.ts'
export {
  streamName,
  streamNumber,
  streamNumberOfName,
  streamsOfAll,
  streamSpaceFor,
  tenantSlug,
  type StreamSpace,
} from './stream-space.ts'
export {
  ANY,
  EVENT_TYPES,
  eventsOf,
  isMet,
  keyOf,
  parseCommandId,
  requestOf,
  SOME,
  type Command,
  type CommandWrite,
  type Identity,
} from './command.ts'
export { CommandSource } from './command-source.ts'
