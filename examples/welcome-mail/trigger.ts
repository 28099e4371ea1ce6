/**
 * The timer that runs it, as functions/welcome-mail/index.ts would be: a new folder there, its imports one level shorter
 * (`../services.ts`), and one line in functions/register-app.ts: `registerWelcomeMail(() => services)`.
 */
import { app } from '@azure/functions'
import type { InvocationContext, Timer } from '@azure/functions'
import { runSubscription } from '../../shared/subscriptions/index.ts'
import type { Services } from '../../functions/services.ts'
import { folderMailer } from './folder-mailer.ts'
import { welcomeMail } from './subscription.ts'

/** Below the timer's period, so that a run that has much to do is followed by the next one and not joined by it. */
const budget = { timeMs: 20_000, stepsMax: 100 } as const

export function registerWelcomeMail(services: () => Services): void {
  const subscription = welcomeMail(folderMailer('welcome-mails'))
  app.timer('welcome-mail', {
    schedule: '*/30 * * * * *',
    handler: async (_timer: Timer, context: InvocationContext) => {
      const { outcome, events } = await runSubscription(services().forwarderDatabase, subscription, {
        ...budget,
        onProblem: ({ event, attempt, action, error }) =>
          context.warn(
            `welcome-mail: ${event.streamId} ${event.version}, attempt ${attempt}, ${action}:`,
            error,
          ),
      })
      if (events > 0) context.log(`welcome-mail: ${events} events, ${outcome}`)
    },
  })
}
