import type { ServiceBusReceivedMessage } from '@azure/service-bus'
import type { TypedData } from '../core-api.ts'
import type { HostedFunction } from '../function-catalog.ts'
import type { Attempt, FunctionExecutor } from '../function-executor.ts'
import { messageOf } from '../start-failure.ts'
import { childTraceContext } from '../trace-context.ts'
import { bindingDataOf, bindingDataOfBatch, withBodyMembers } from './binding-data.ts'
import type { ServiceBusTrigger } from './trigger.ts'

/** Runs one function with messages. Whether it succeeded decides over the messages; a failure is in the log already. */
export interface Invocation {
  single(message: ServiceBusReceivedMessage): Promise<boolean>
  batch(messages: readonly ServiceBusReceivedMessage[]): Promise<boolean>
  /** With a message that no queue has, as POST /admin/functions/<name> does. Rejects when the run fails. */
  byHand(body: string): Promise<void>
}

export interface InvocationOptions {
  readonly fn: HostedFunction
  readonly trigger: ServiceBusTrigger
  readonly executor: FunctionExecutor
  /** Called with what kept a message from reaching the function. */
  readonly unreadable: (problem: string) => void
}

export function createInvocation(options: InvocationOptions): Invocation {
  const { fn, trigger, executor, unreadable } = options

  async function run(attempt: () => Given): Promise<boolean> {
    let given: Given
    try {
      given = attempt()
    } catch (error) {
      unreadable(messageOf(error))
      return false
    }
    try {
      await executor.run(fn, attemptOf(given))
      return true
    } catch {
      return false
    }
  }

  function attemptOf({ data, triggerMetadata, message }: Given): Attempt {
    const { traceparent, tracestate, 'Diagnostic-Id': diagnosticId } = message?.applicationProperties ?? {}
    return {
      invocationId: executor.newInvocationId(),
      data,
      triggerMetadata,
      traceContext: childTraceContext(textOf(traceparent) ?? textOf(diagnosticId), textOf(tracestate)),
      reason: `New ServiceBus message detected on '${trigger.source.path}'.`,
      // As for HTTP: a line for each of thousands of messages would hide everything else.
      logLevel: 'debug',
    }
  }

  const oneMessage = (message: ServiceBusReceivedMessage): Given => {
    const bytes = bodyOf(message)
    const data = bindingDataOf(message)
    if (trigger.isBinary) return { data: { bytes }, triggerMetadata: data, message }
    const text = bytes.toString('utf8')
    return { data: { string: text }, triggerMetadata: withBodyMembers(data, text), message }
  }

  return {
    single: (message) => run(() => oneMessage(message)),
    batch: (messages) =>
      run(() => ({
        data: manyBodies(messages.map(bodyOf), trigger.isBinary),
        triggerMetadata: bindingDataOfBatch(messages),
        // A batch has a trace of its own: its messages come from many.
        message: undefined,
      })),
    async byHand(body) {
      const message = madeUpMessage(body)
      const given = oneMessage(message)
      const data = trigger.isBatch ? manyBodies([bodyOf(message)], trigger.isBinary) : given.data
      await executor.run(fn, attemptOf({ ...given, data }))
    },
  }
}

interface Given {
  readonly data: TypedData
  readonly triggerMetadata: Readonly<Record<string, TypedData>>
  /** Whose trace it belongs to. */
  readonly message: ServiceBusReceivedMessage | undefined
}

/** @throws Error when the body is no bytes: .NET's extension can't give such a message to a function either */
function bodyOf({ body, messageId }: ServiceBusReceivedMessage): Buffer {
  const bytes: unknown = body
  if (Buffer.isBuffer(bytes)) return bytes
  throw new Error(
    `The body of message '${String(messageId)}' is an AMQP value or sequence; send its body as data (bytes or text).`,
  )
}

/** As in .NET, texts that are empty are left out; bytes are not. */
function manyBodies(bodies: readonly Buffer[], isBinary: boolean): TypedData {
  if (isBinary) return { collectionBytes: { bytes: bodies } }
  return {
    collectionString: {
      string: bodies.filter(({ length }) => length > 0).map((body) => body.toString('utf8')),
    },
  }
}

/** What .NET's ServiceBusModelFactory makes of a body alone. Its delivery count is 0, since nothing was delivered. */
function madeUpMessage(body: string): ServiceBusReceivedMessage {
  const made: Partial<ServiceBusReceivedMessage> = {
    body: Buffer.from(body, 'utf8'),
    deliveryCount: -1,
    lockToken: '00000000-0000-0000-0000-000000000000',
    enqueuedTimeUtc: new Date('0001-01-01T00:00:00Z'),
  }
  return made as ServiceBusReceivedMessage
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
