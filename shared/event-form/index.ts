/**
 * The forms in which an event is given to Trickle, whichever door it comes by: the JSON of an event and of a write to a
 * stream, and CloudEvents 1.0.
 *
 * Invariants: one schema judges an event, so every door refuses the same; a refusal names the place and never repeats a
 * value. It must not know of routes or queues.
 */
export { eventSchema, identifier, streamIdSchema, TOO_MANY_EVENTS_MESSAGE } from './event-schema.ts'
export { isTooLong, TOO_LARGE_MESSAGE } from './event-size.ts'
export { expectationOf, expectedSchema, findTwins, writeMembers } from './write-schema.ts'
export { attributeFault, REQUIRED_ATTRIBUTES } from './cloud-event-attributes.ts'
export { BATCH, fromAttributes, fromCloudEvents, STRUCTURED } from './cloud-events.ts'
