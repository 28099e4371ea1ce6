/**
 * A subscription to copy: everybody who registers gets a welcome mail. Handlers are called at least once, so the mail
 * goes out under a key that the mail service knows again: a second delivery of the same event sends nothing.
 */
import { defineSubscription, RetryLater } from '../../shared/subscriptions/index.ts'
import type { Subscription } from '../../shared/subscriptions/index.ts'

export interface Mail {
  /** The same for every delivery of one event. */
  readonly key: string
  readonly to: string
  readonly text: string
}

/** What your mail service's client would be. */
export interface Mailer {
  /** @throws Error with status 503 when it is away. */
  send(mail: Mail, signal: AbortSignal): Promise<void>
}

interface CustomerRegistered {
  readonly name?: string
  readonly email?: string
}

export const welcomeMail = (mailer: Mailer): Subscription =>
  defineSubscription({
    name: 'welcome-mail',
    types: ['CustomerRegistered'],
    maxAttempts: 5,
    onPoison: 'park-stream',
    async handle(event, { signal }) {
      const { name = 'customer', email } = event.data as CustomerRegistered
      // No attempt can mend this: after the last one the event is parked, and an operator decides.
      if (email === undefined || !email.includes('@')) throw new Error('the customer has no e-mail address')
      const key = `${event.tenantId}/${event.source}/${event.id}`
      try {
        await mailer.send({ key, to: email, text: `Welcome, ${name}!` }, signal)
      } catch (error) {
        // Not this event's fault: it waits, with everything after it, and no attempt is counted.
        if ((error as { status?: number }).status === 503)
          throw new RetryLater('the mail service is away', { cause: error })
        throw error
      }
    },
  })
