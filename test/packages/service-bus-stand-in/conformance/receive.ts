import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus'

/** Receives until there are `count` messages, which the service may give in several portions. */
export async function receiveAll(
  receiver: ServiceBusReceiver,
  count: number,
  waitMs = 10_000,
): Promise<ServiceBusReceivedMessage[]> {
  const received: ServiceBusReceivedMessage[] = []
  const until = Date.now() + waitMs
  while (received.length < count && Date.now() < until)
    received.push(...(await receiver.receiveMessages(count - received.length, { maxWaitTimeInMs: 1000 })))
  return received
}

/** One message. @throws when there is none */
export async function receiveOne(
  receiver: ServiceBusReceiver,
  waitMs = 10_000,
): Promise<ServiceBusReceivedMessage> {
  const [message] = await receiveAll(receiver, 1, waitMs)
  if (message === undefined) throw new Error(`no message within ${waitMs} ms`)
  return message
}

/** How long to look before it is believed that there is nothing. */
export const NOTHING_COMES_MS = 300
