/**
 * A subscription to copy: everybody who registers gets a welcome mail. A handler may be called more than once for an
 * event. So each mail has a key that the mail service recognizes: a second delivery of the event sends no second mail.
 */
import { defineSubscription, RetryLater } from '../../shared/subscriptions/index.ts'
import type { Subscription } from '../../shared/subscriptions/index.ts'

export interface Mail {
  /** The same for every delivery of one event. */
  readonly key: string
  readonly to: string
  readonly text: string
}

/** Stands for the client of your mail service. */
export interface Mailer {
  /** @throws Error with status 503 when the mail service is not available. */
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
      // No further attempt can help. After the last attempt the event is parked, and an operator decides.
      if (email === undefined || !email.includes('@')) throw new Error('the customer has no e-mail address')
      const key = `${event.tenantId}/${event.source}/${event.id}`
      try {
        await mailer.send({ key, to: email, text: `Welcome, ${name}!` }, signal)
      } catch (error) {
        // The event is not the reason: it waits, with all events after it, and no attempt is counted.
        if ((error as { status?: number }).status === 503)
          throw new RetryLater('the mail service is away', { cause: error })
        throw error
      }
    },
  })
