/** Receives from a queue or subscription without sessions, until a stop. Rejects when the receiver or connection is lost. */
import type { ProcessErrorArgs, ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus'
import { messageOf } from '../start-failure.ts'
import { Collector } from './collector.ts'
import type { Life } from './life.ts'
import { keepLock } from './lock-renewal.ts'
import { receiverOptions, settleAfterRun } from './reception.ts'
import type { Reception } from './reception.ts'
import { withOpened } from './sdk-internals.ts'
import type { OpenReceiver } from './settlement.ts'
import type { MessageSource } from './trigger.ts'

/** One run for each message. */
export async function receiveMessages(life: Life, reception: Reception): Promise<void> {
  const { settings } = reception
  const receiver = receiverOf(life, reception.trigger.source)
  const open = { settler: receiver, loss: life.loss }
  const handle = (message: ServiceBusReceivedMessage): Promise<void> =>
    reception.slots.run(async () => {
      // It waited for its turn, and will not get one any more.
      if (life.ending.aborted) await putBack(life, reception, open, [message])
      else await runSingle(reception, receiver, open, message)
    })
  await subscribed(life, reception, {
    receiver,
    open,
    credit: settings.maxConcurrentCalls + settings.prefetchCount,
    handle,
    putWaitingBack: () => Promise.resolve(),
  })
}

/**
 * One run for a batch, one batch at a time.
 *
 * The SDK hands over messages one by one, because its `receiveMessages` waits a second after the first one. It has as many
 * messages in hand as one batch may have, in the batch that runs and waiting for the next one together; their locks run.
 */
export async function receiveBatches(life: Life, reception: Reception): Promise<void> {
  const { settings } = reception
  const receiver = receiverOf(life, reception.trigger.source)
  const open = { settler: receiver, loss: life.loss }
  const collector = new Collector<Waiting>()
  const putWaitingBack = async (waiting: readonly Waiting[]): Promise<void> => {
    await putBack(
      life,
      reception,
      open,
      waiting.map(({ message }) => message),
    )
    for (const { done } of waiting) done()
  }
  const size = {
    most: settings.maxMessageBatchSize,
    least: settings.minMessageBatchSize,
    leastWaitMs: settings.maxBatchWaitTimeMs,
  }
  async function runBatches(): Promise<void> {
    while (!life.ending.aborted) {
      const batch = await collector.take(size, life.ending)
      await reception.slots.run(async () => {
        if (life.ending.aborted) await putWaitingBack(batch)
        else await runBatch(reception, open, batch)
      })
    }
  }
  void reception.work.track(runBatches())
  await subscribed(life, reception, {
    receiver,
    open,
    credit: settings.maxMessageBatchSize + settings.prefetchCount,
    handle: (message) =>
      new Promise<void>((done) => {
        // One that comes again while it waits has lost its first lock.
        collector.push(String(message.sequenceNumber), { message, done })?.done()
      }),
    putWaitingBack: () => putWaitingBack(collector.takeAll()),
  })
}

interface Waiting {
  readonly message: ServiceBusReceivedMessage
  /** The SDK may fetch another message for it. */
  readonly done: () => void
}

interface Subscription {
  readonly receiver: ServiceBusReceiver
  readonly open: OpenReceiver
  /** Messages that are asked for and not done with. */
  readonly credit: number
  /** Resolves when the message is done with. Never rejects. */
  readonly handle: (message: ServiceBusReceivedMessage) => Promise<void>
  /** Gives back what no run will take. */
  readonly putWaitingBack: () => Promise<void>
}

async function subscribed(life: Life, reception: Reception, subscription: Subscription): Promise<void> {
  const { receiver, open, credit, handle, putWaitingBack } = subscription
  const handlers = {
    processMessage: (message: ServiceBusReceivedMessage) =>
      reception.work.track(life.ending.aborted ? putBack(life, reception, open, [message]) : handle(message)),
    processError: ({ error, errorSource }: ProcessErrorArgs) => {
      // Others are of settling and renewing, which this host does itself.
      if (errorSource === 'receive') life.loss.happen(error)
      return Promise.resolve()
    },
  }
  const opened = (): void => {
    reception.settlement.follow(open)
    life.linkOpened()
  }
  const subscribing = receiver.subscribe(withOpened(handlers, opened), {
    autoCompleteMessages: false,
    maxConcurrentCalls: credit,
  })
  try {
    await life.untilStop()
    await life.closing(subscribing.close())
    await putWaitingBack()
    await reception.work.settled()
    await life.closing(receiver.close())
  } catch (error) {
    await putWaitingBack()
    // Nobody waits for its end: on a connection that is gone that takes a minute.
    receiver.close().catch(() => undefined)
    throw error
  }
}

function receiverOf({ connection }: Life, { queueOrTopic, subscription }: MessageSource): ServiceBusReceiver {
  return subscription === undefined
    ? connection.client.createReceiver(queueOrTopic, receiverOptions)
    : connection.client.createReceiver(queueOrTopic, subscription, receiverOptions)
}

async function runSingle(
  reception: Reception,
  receiver: ServiceBusReceiver,
  open: OpenReceiver,
  message: ServiceBusReceivedMessage,
): Promise<void> {
  const lock = keepLock(message, {
    limitMs: reception.settings.maxAutoLockRenewalDurationMs,
    renew: (one) => open.loss.unlessLost(receiver.renewMessageLock(one)),
    failed: (error) =>
      reception.warn(
        `The lock of message '${String(message.messageId)}' could not be renewed; it may come again while this run goes on: ${messageOf(error)}`,
      ),
  })
  try {
    const succeeded = await reception.invocation.single(message)
    await settleAfterRun(reception, open, [message], succeeded)
  } finally {
    lock.stop()
  }
}

async function runBatch(reception: Reception, open: OpenReceiver, batch: readonly Waiting[]): Promise<void> {
  const messages = batch.map(({ message }) => message)
  const succeeded = await reception.invocation.batch(messages)
  await settleAfterRun(reception, open, messages, succeeded)
  for (const { done } of batch) done()
}

/** Gives messages back that were not begun. After a loss that can't be said; they come again when their locks end. */
async function putBack(
  life: Life,
  { settlement }: Reception,
  open: OpenReceiver,
  messages: readonly ServiceBusReceivedMessage[],
): Promise<void> {
  if (life.loss.reason === undefined) await settlement.settle(open, messages, 'abandon')
}
