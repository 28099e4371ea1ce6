import { setMaxListeners } from 'node:events'
import type { DispatcherContext } from '../dispatcher.ts'
import type { HostedFunction } from '../function-catalog.ts'
import type { CoreLogLevel } from '../core-api.ts'
import type { Connections } from './connections.ts'
import { createInvocation } from './invocation.ts'
import type { Invocation } from './invocation.ts'
import type { Life } from './life.ts'
import { Listener } from './listener.ts'
import { receiveBatches, receiveMessages } from './receive-queue.ts'
import { receiveSessions } from './receive-sessions.ts'
import type { Reception } from './reception.ts'
import { Settlement } from './settlement.ts'
import type { ServiceBusSettings } from './settings.ts'
import { Slots } from './slots.ts'
import { readTrigger } from './trigger.ts'
import type { ServiceBusTrigger } from './trigger.ts'
import { Work } from './work.ts'

/** What all functions of the host have in common. */
export interface ServiceBusHost {
  readonly context: DispatcherContext
  readonly settings: ServiceBusSettings
  readonly connections: Connections
}

/** A function with a Service Bus trigger, which receives between `start` and `stop`. */
export class ServiceBusFunction {
  readonly fn: HostedFunction
  readonly #host: ServiceBusHost
  readonly #trigger: ServiceBusTrigger
  readonly #invocation: Invocation
  #stopping: AbortController | undefined
  #running: Promise<void> = Promise.resolve()

  /** @throws Error when its trigger or connection is wrong */
  constructor(fn: HostedFunction, host: ServiceBusHost) {
    this.fn = fn
    this.#host = host
    this.#trigger = readTrigger(fn, host.context.environment)
    this.#invocation = createInvocation({
      fn,
      trigger: this.#trigger,
      executor: host.context.executor,
      unreadable: (problem) => this.#write('error', problem),
    })
  }

  /** Does not wait for the broker. */
  start(): void {
    if (this.#stopping !== undefined) return
    const stopping = new AbortController()
    // Each receiver listens to it.
    setMaxListeners(0, stopping.signal)
    this.#stopping = stopping
    const reception = this.#newReception(stopping.signal)
    const listener = new Listener(
      {
        connections: this.#host.connections,
        connectionString: this.#trigger.connectionString,
        receivers: this.#hasManySessions() ? this.#host.settings.maxConcurrentSessions : 1,
        receive: (life) => this.#receive(life, reception),
        recovered: () => this.#write('information', `Receives from '${this.#trigger.source.path}' again.`),
        failed: (reason) =>
          this.#write(
            'warning',
            `Can't receive from '${this.#trigger.source.path}'; it is tried until it can: ${reason}`,
          ),
      },
      stopping.signal,
    )
    const before = this.#running
    this.#running = listener.run().then(async () => {
      await reception.work.settled()
      await before
    })
  }

  /** Resolves when its runs have ended and their messages are settled. */
  async stop(): Promise<void> {
    this.#stopping?.abort()
    this.#stopping = undefined
    await this.#running
  }

  runByHand(body: string): Promise<void> {
    return this.#invocation.byHand(body)
  }

  #hasManySessions(): boolean {
    return this.#trigger.hasSessions && !this.#trigger.isBatch
  }

  #receive(life: Life, reception: Reception): Promise<void> {
    if (this.#trigger.hasSessions) return receiveSessions(life, reception)
    return this.#trigger.isBatch ? receiveBatches(life, reception) : receiveMessages(life, reception)
  }

  #newReception(stopping: AbortSignal): Reception {
    const { settings } = this.#host
    const warn = (text: string): void => this.#write('warning', text)
    return {
      trigger: this.#trigger,
      settings,
      invocation: this.#invocation,
      settlement: new Settlement(stopping, warn),
      slots: new Slots(this.#trigger.isBatch ? 1 : settings.maxConcurrentCalls),
      work: new Work(),
      warn,
    }
  }

  #write(level: CoreLogLevel, message: string): void {
    this.#host.context.log.write({ level, category: this.fn.name, message })
  }
}
