import type { ServiceBusReceivedMessage } from '@azure/service-bus'
import type { Invocation } from './invocation.ts'
import type { OpenReceiver, Settlement } from './settlement.ts'
import type { ServiceBusSettings } from './settings.ts'
import type { ServiceBusTrigger } from './trigger.ts'
import type { Slots } from './slots.ts'
import type { Work } from './work.ts'

/** What one function's messages are received with. It outlasts connections. */
export interface Reception {
  readonly trigger: ServiceBusTrigger
  readonly settings: ServiceBusSettings
  readonly invocation: Invocation
  readonly settlement: Settlement
  /** How many runs there may be at a time. */
  readonly slots: Slots
  readonly work: Work
  /** Writes a warning into the function's log. */
  warn(text: string): void
}

/** How the SDK gives messages: bodies as bytes, dates as dates, and no renewal of locks but the host's own. */
export const receiverOptions = {
  receiveMode: 'peekLock',
  skipParsingBodyAsJson: true,
  skipConvertingDate: true,
  maxAutoLockRenewalDurationInMs: 0,
} as const

/**
 * Settles messages after a run: a failure abandons them, so that they come again at once. Without autoCompleteMessages a
 * success settles nothing, and the messages come again when their locks end.
 */
export async function settleAfterRun(
  { settlement, trigger, settings }: Reception,
  from: OpenReceiver,
  messages: readonly ServiceBusReceivedMessage[],
  succeeded: boolean,
): Promise<void> {
  if (!succeeded) await settlement.settle(from, messages, 'abandon')
  else if (trigger.autoCompleteMessages ?? settings.autoCompleteMessages)
    await settlement.settle(from, messages, 'complete')
}
