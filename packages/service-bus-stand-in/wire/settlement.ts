import { setTimeout as delay } from 'node:timers/promises'
import type { Delivery } from 'rhea'
import { BrokerFailure, notBuilt } from '../failure.ts'
import type { SubQueue } from '../engine/index.ts'
import type { FaultRule } from '../faults/index.ts'
import type { LinkContext } from './context.ts'
import { tokenOfTag } from './lock-tokens.ts'
import { accepted, modified, outcomeOf, rejected, released, settle, tagOf } from './rhea-internals.ts'

/** The four outcomes by which a client settles a message on the link that it came on. */
export const SETTLEMENTS = ['accepted', 'rejected', 'released', 'modified'] as const
export type Settlement = (typeof SETTLEMENTS)[number]

/** Does what a client says about a message, and answers when it is on the disk. */
export async function settleMessage(
  settlement: Settlement,
  delivery: Delivery,
  messages: SubQueue,
  queueName: string,
  { faults, drop }: LinkContext,
): Promise<void> {
  const fault = faults.decide('settle', queueName)
  if (fault?.action === 'delay') await delay(fault.delayMs)
  if (fault?.action === 'drop-connection' && !fault.after) {
    drop()
    return
  }
  const outcome = await outcomeFor(settlement, delivery, messages, fault)
  if (fault?.action === 'drop-connection') drop()
  else settle(delivery, outcome)
}

async function outcomeFor(
  settlement: Settlement,
  delivery: Delivery,
  messages: SubQueue,
  fault: FaultRule | undefined,
): Promise<unknown> {
  const token = tokenOfTag(tagOf(delivery))
  try {
    if (fault?.action === 'lose-lock') messages.delivery.loseLock(token)
    if (fault?.action === 'deliver-twice' && settlement === 'accepted') {
      messages.repeat(token)
      return accepted()
    }
    return await done(settlement, token, outcomeOf(delivery), messages)
  } catch (error) {
    if (error instanceof BrokerFailure)
      return rejected({ condition: error.condition, description: error.message })
    throw error
  }
}

type State = Readonly<Record<string, unknown>>

/** @returns the outcome as the broker echoes it */
async function done(
  settlement: Settlement,
  token: string,
  state: State,
  messages: SubQueue,
): Promise<unknown> {
  switch (settlement) {
    case 'accepted':
      await messages.complete(token)
      return accepted()
    case 'released':
      await messages.abandon(token, {})
      return released()
    case 'modified':
      if (state['undeliverable_here'] === true) throw notBuilt('deferring a message')
      await messages.abandon(token, objectOf(state['message_annotations']))
      return modified()
    case 'rejected': {
      const error = objectOf(state['error'])
      const {
        DeadLetterReason: reason,
        DeadLetterErrorDescription: description,
        ...properties
      } = objectOf(error['info'])
      await messages.deadLetter(token, {
        reason: textOf(reason) ?? textOf(error['condition']),
        description: textOf(description) ?? textOf(error['description']),
        properties,
      })
      // With an error in it, SDKs would take the answer for a failure.
      return rejected()
    }
  }
}

/** Never copied: what rhea decodes has its fields as getters of a class. */
function objectOf(value: unknown): State {
  return typeof value === 'object' && value !== null ? (value as State) : {}
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value !== 'com.microsoft:dead-letter'
    ? value
    : undefined
}
