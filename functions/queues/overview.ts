import type { z } from 'zod'
import { asTrickleError } from '../../shared/errors/index.ts'
import type { OpenMessages } from '../../shared/messages/index.ts'
import { countMessages } from '../../shared/service-bus/index.ts'
import type { ServiceBus } from '../../shared/service-bus/index.ts'
import type { KnownQueue } from './prepare.ts'
import type { queuesSchema } from './schemas.ts'

export type QueuesOverview = z.output<typeof queuesSchema>

/**
 * All queues with what is in them, and those that no longer exist but have parked messages. Service Bus that can't be
 * reached is told, and hides nothing of what is parked.
 */
export async function queuesOverview(
  known: ReadonlyMap<string, KnownQueue>,
  open: OpenMessages,
  bus: Pick<ServiceBus, 'isSet' | 'peek'>,
  nowMs: number,
): Promise<QueuesOverview> {
  const names = [...new Set([...known.keys(), ...open.queues.map(({ queue }) => queue)])].toSorted()
  const counted = await countAll([...known.keys()], bus)
  return {
    serviceBus: counted.state,
    problem: counted.problem,
    queues: names.map((name) => ({
      name,
      hasSessions: known.get(name)?.requiresSession ?? false,
      ...(counted.counts.get(name) ?? { messages: null, deadLetters: null }),
      parked: parkedOf(name, open, nowMs),
    })),
  }
}

type Counts = Pick<QueuesOverview['queues'][number], 'messages' | 'deadLetters'>

async function countAll(
  names: readonly string[],
  bus: Pick<ServiceBus, 'isSet' | 'peek'>,
): Promise<{ state: QueuesOverview['serviceBus']; problem: string | null; counts: Map<string, Counts> }> {
  const counts = new Map<string, Counts>()
  if (!bus.isSet) return { state: 'none', problem: null, counts }
  try {
    // One queue after the other: a count is a few small round trips.
    for (const queue of names) {
      const messages = await countMessages(bus, { queue, isDeadLetter: false })
      const deadLetters = await countMessages(bus, { queue, isDeadLetter: true })
      counts.set(queue, { messages, deadLetters })
    }
    return { state: 'ok', problem: null, counts }
  } catch (error) {
    return { state: 'unavailable', problem: asTrickleError(error).detail, counts }
  }
}

function parkedOf(
  name: string,
  open: OpenMessages,
  nowMs: number,
): QueuesOverview['queues'][number]['parked'] {
  const found = open.queues.find(({ queue }) => queue === name)
  const oldestAt = found?.oldestAt ?? null
  return {
    count: found?.messages ?? 0,
    isLowerBound: open.isLowerBound,
    oldestAt,
    oldestAgeSeconds: oldestAt === null ? null : Math.max(0, (nowMs - Date.parse(oldestAt)) / 1_000),
  }
}
