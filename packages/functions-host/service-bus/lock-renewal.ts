/**
 * Keeps the lock of one message while a function works on it, until a time limit.
 *
 * The SDK's own renewal knows messages by their message ids, which need not be unique, and begins while a message still
 * waits; so it is off. Source of the times: azure-sdk-for-net, ReceiverManager.cs, CalculateRenewDelay.
 */
import type { ServiceBusReceivedMessage } from '@azure/service-bus'

export interface LockRenewal {
  stop(): void
}

export interface LockRenewalOptions {
  /** 0: no renewal. */
  readonly limitMs: number
  /** Renews, and gives the time until which the lock then holds. */
  renew(message: ServiceBusReceivedMessage): Promise<Date>
  /** Called once: the lock is not renewed any more, and the message may be given to another. */
  failed(error: unknown): void
}

/** The lock is renewed this long before its end, or at half of the time if that is later. */
const MARGIN_MAX_MS = 10_000
/** What is left of a lock may be less than no time when clocks differ: then it is renewed at this pace. */
const DELAY_LEAST_MS = 250

export function keepLock(message: ServiceBusReceivedMessage, options: LockRenewalOptions): LockRenewal {
  const endsAtMs = Date.now() + options.limitMs
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  function plan(lockedUntil: Date | undefined): void {
    if (lockedUntil === undefined || stopped) return
    const leftMs = lockedUntil.getTime() - Date.now()
    const delayMs = Math.max(leftMs - Math.min(leftMs / 2, MARGIN_MAX_MS), DELAY_LEAST_MS)
    if (Date.now() + delayMs >= endsAtMs) return
    timer = setTimeout(() => {
      options.renew(message).then(plan, (error: unknown) => {
        if (!stopped) options.failed(error)
      })
    }, delayMs)
  }

  plan(message.lockedUntilUtc)
  return {
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
