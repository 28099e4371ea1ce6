/**
 * Receives from a queue or subscription with sessions, one session after the other, until a stop. The host runs several of
 * these at a time for single messages, and one for batches. Rejects when no session can be asked for.
 *
 * Within a session a message that failed comes again before those behind it.
 */
import type {
  ProcessErrorArgs,
  ServiceBusReceivedMessage,
  ServiceBusSessionReceiver,
} from '@azure/service-bus'
import { setTimeout as delay } from 'node:timers/promises'
import { messageOf } from '../start-failure.ts'
import type { Life } from './life.ts'
import { Loss } from './loss.ts'
import { receiverOptions, settleAfterRun } from './reception.ts'
import type { Reception } from './reception.ts'
import { receiveSessionBatch } from './sdk-internals.ts'
import { Slots } from './slots.ts'

/** A broker that says at once that there is no session is not asked again for this long. */
const NO_SESSION_PAUSE_MS = 100

export async function receiveSessions(life: Life, reception: Reception): Promise<void> {
  life.asking()
  while (!life.ending.aborted) {
    const session = await acceptSession(life, reception)
    if (session === undefined) continue
    const held = { session, loss: sessionLoss(life) }
    try {
      if (reception.trigger.isBatch) await serveBatches(life, reception, held)
      else await serveMessages(life, reception, held)
    } catch (error) {
      // The session is lost, and its messages come again to whoever gets it next. The connection may be well.
      if (life.loss.reason === undefined)
        reception.warn(`The session '${session.sessionId}' was lost: ${messageOf(error)}`)
    }
    await life.closing(session.close())
    if (life.loss.reason !== undefined) throw life.loss.reason
  }
}

interface HeldSession {
  readonly session: ServiceBusSessionReceiver
  readonly loss: Loss
}

function sessionLoss(life: Life): Loss {
  const loss = new Loss()
  life.loss.whenLost((reason) => loss.happen(reason))
  return loss
}

/** undefined when there is none now. @throws what the broker refuses it with */
async function acceptSession(
  life: Life,
  { trigger, settings }: Reception,
): Promise<ServiceBusSessionReceiver | undefined> {
  const { client } = life.connection
  const { queueOrTopic, subscription } = trigger.source
  const options = {
    ...receiverOptions,
    // Batches have no renewal, as on the platform.
    maxAutoLockRenewalDurationInMs: trigger.isBatch ? 0 : settings.maxAutoLockRenewalDurationMs,
  }
  const askedAtMs = performance.now()
  const asking =
    subscription === undefined
      ? client.acceptNextSession(queueOrTopic, options)
      : client.acceptNextSession(queueOrTopic, subscription, options)
  try {
    const session = await life.unlessStopped(asking)
    // A session that is given after the stop goes back.
    if (session === undefined) asking.then((late) => late.close()).catch(() => undefined)
    else life.opened()
    return session
  } catch (error) {
    if (!isNoSession(error) || life.loss.reason !== undefined) throw error
    life.opened()
    if (performance.now() - askedAtMs < NO_SESSION_PAUSE_MS)
      await delay(NO_SESSION_PAUSE_MS, undefined, { signal: life.ending }).catch(() => undefined)
    return undefined
  }
}

function isNoSession(error: unknown): boolean {
  const code: unknown =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return code === 'ServiceTimeout' || code === 'SessionCannotBeLocked'
}

/** Resolves when the session has been idle for its time, or when it has to be given away. */
async function serveMessages(life: Life, reception: Reception, held: HeldSession): Promise<void> {
  const { settings } = reception
  const { session, loss } = held
  const open = { settler: session, loss }
  const calls = new Slots(settings.maxConcurrentCallsPerSession)
  const over = new Over(settings.sessionIdleTimeoutMs)
  async function handle(message: ServiceBusReceivedMessage): Promise<void> {
    // What is not begun any more comes back when the session is closed.
    if (over.isOver || life.ending.aborted) return
    const succeeded = await reception.invocation.single(message)
    await settleAfterRun(reception, open, [message], succeeded)
    // What was fetched ahead would overtake the message that failed; so it all goes back.
    if (!succeeded && settings.prefetchCount > 0) over.now()
  }
  const subscription = session.subscribe(
    {
      processMessage: (message) => {
        over.begin()
        return reception.work.track(calls.run(() => handle(message)).finally(() => over.end()))
      },
      processError: ({ error, errorSource }: ProcessErrorArgs) => {
        if (errorSource === 'receive') loss.happen(error)
        return Promise.resolve()
      },
    },
    {
      autoCompleteMessages: false,
      maxConcurrentCalls: settings.maxConcurrentCallsPerSession + settings.prefetchCount,
    },
  )
  try {
    await life.unlessStopped(loss.unlessLost(over.reached))
  } finally {
    over.now()
    await life.closing(subscription.close())
    await over.idle()
  }
}

/** When a session is over: nothing has run in it for a time, or somebody says so. */
class Over {
  readonly reached: Promise<void>
  readonly #idleMs: number
  #running = 0
  #timer: NodeJS.Timeout | undefined
  #reach: () => void = () => undefined
  #whenIdle: (() => void)[] = []
  isOver = false

  constructor(idleMs: number) {
    this.#idleMs = idleMs
    this.reached = new Promise((resolve) => {
      this.#reach = resolve
    })
    this.#wait()
  }

  begin(): void {
    this.#running++
    clearTimeout(this.#timer)
  }

  end(): void {
    this.#running--
    if (this.#running > 0) return
    for (const wake of this.#whenIdle.splice(0)) wake()
    this.#wait()
  }

  now(): void {
    this.isOver = true
    clearTimeout(this.#timer)
    this.#reach()
  }

  /** Resolves when nothing runs. */
  async idle(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve))
  }

  #wait(): void {
    if (!this.isOver) this.#timer = setTimeout(() => this.now(), this.#idleMs)
  }
}

async function serveBatches(life: Life, reception: Reception, held: HeldSession): Promise<void> {
  const { session, loss } = held
  for (;;) {
    const messages = await life.unlessStopped(loss.unlessLost(nextBatch(session, reception)))
    if (messages === undefined || messages.length === 0) return
    await reception.work.track(
      reception.slots.run(async () => {
        const succeeded = await reception.invocation.batch(messages)
        await settleAfterRun(reception, { settler: session, loss }, messages, succeeded)
      }),
    )
  }
}

async function nextBatch(
  session: ServiceBusSessionReceiver,
  { settings }: Reception,
): Promise<ServiceBusReceivedMessage[]> {
  const { maxMessageBatchSize: most, minMessageBatchSize: least, sessionIdleTimeoutMs: idleMs } = settings
  const messages = await receiveSessionBatch(session, most, idleMs)
  const waitUntilMs = performance.now() + settings.maxBatchWaitTimeMs
  while (messages.length > 0 && messages.length < least) {
    const leftMs = Math.min(waitUntilMs - performance.now(), idleMs)
    if (leftMs <= 0) break
    const more = await receiveSessionBatch(session, most - messages.length, leftMs)
    if (more.length === 0) break
    messages.push(...more)
  }
  return messages
}
