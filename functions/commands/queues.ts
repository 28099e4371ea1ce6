import { defineMessageQueue, messageQueueSettings } from '../../shared/context/index.ts'
import type { Command, Queue, TriggerLog } from '../../shared/context/index.ts'
import { TrickleError } from '../../shared/errors/index.ts'
import { handleDeliveries, receiptOf } from '../../shared/messages/index.ts'
import type { Envelope } from '../../shared/messages/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { commandErrors } from './errors.ts'
import type { CommandServices } from './services.ts'

const QUEUE = 'trickle-commands'

/** Commands in order for each session: a session has one at a time. */
export const commandQueues = (services: () => CommandServices): readonly Queue[] => [
  defineMessageQueue({
    name: QUEUE,
    settings: messageQueueSettings('in sessions'),
    senders: ['app', 'operator'],
    comes: 'one at a time',
    handler: (deliveries, log) => {
      const { commands, settings, tenants, parking, database, attempts } = services()
      return handleDeliveries(
        deliveries,
        {
          queue: QUEUE,
          boundTo: settings.TRICKLE_COMMANDS_QUEUE_TENANTS,
          tenants,
          parking,
          database,
          attempts,
          handle: (envelope, tenant) => carryOut(commands, envelope, tenant, log),
        },
        log,
      )
    },
  }),
]

/** @throws TrickleError COMMAND_UNKNOWN, VALIDATION_FAILED, and what the command's handler throws. */
async function carryOut(
  commands: ReadonlyMap<string, Command<TenantContext>>,
  envelope: Envelope,
  tenant: TenantContext,
  log: TriggerLog,
): Promise<void> {
  const [{ type, data, time, metadata, correlationId, causationId }] = envelope.events
  assertPlain(envelope)
  const command = commands.get(type)
  if (command === undefined) {
    throw new TrickleError(
      commandErrors.COMMAND_UNKNOWN,
      'No context of this app has declared a command of this type. Deploy the one that has, and send the message again.',
    )
  }
  const { id, streamId, trace } = envelope
  await command.handle(
    { id, type, data, streamId, time, metadata, correlationId, causationId },
    { tenant, log, options: { idempotency: receiptOf('command', envelope), trace } },
  )
}

/** What belongs to an append would have no effect on a command, and its sender would rely on it. */
function assertPlain({ isList, expected, streamType, reservations, releases }: Envelope): void {
  const isOfAppend =
    isList ||
    expected.mode !== 'any' ||
    streamType !== undefined ||
    reservations !== undefined ||
    releases !== undefined
  if (!isOfAppend) return
  throw new TrickleError(
    'VALIDATION_FAILED',
    'A command has a type and data. "events", "expected", "streamType", "reservations" and "releases" are for appends.',
  )
}
