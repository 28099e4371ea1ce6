import type { TenantContext } from '../../shared/tenancy/index.ts'
import { requestOf } from '../plan/index.ts'
import type { Command, StreamSpace } from '../plan/index.ts'
import type { Appender } from './domain-appender.ts'
import { checkedAnswer } from './answer.ts'
import type { Answer } from './answer.ts'

/**
 * Sends a command once.
 * @throws WrongAnswer, TrickleError as `EventStore.append`.
 */
export async function send(
  store: Appender,
  space: StreamSpace,
  tenant: TenantContext,
  command: Command,
): Promise<Answer> {
  const request = requestOf(space, command)
  const [first] = request.streams
  if (first !== undefined && request.streams.length === 1 && command.conditions.length === 0) {
    const { replayed, ...written } = await store.append(tenant, {
      ...first,
      idempotency: request.idempotency ?? null,
    })
    return checkedAnswer(command, request.streams, [written], replayed)
  }
  const { streams, replayed } = await store.appendAll(tenant, request)
  return checkedAnswer(command, request.streams, streams, replayed)
}
