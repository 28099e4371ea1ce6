/** An app whose handler fails, for the test of what its stacks and log lines say. */
import { problemLine } from '../../../shared/subscriptions/index.ts'

class Mailer {
  send(to: string): never {
    throw new Error(`no such account: ${to}`)
  }
}

export function failure(): { readonly stack: string; readonly line: string } {
  const error = errorOf(() => new Mailer().send('nobody'))
  const event = { tenantId: 't', streamId: 's', version: 1, id: 'e', type: 'Noted', traceId: null }
  const problem = { subscription: 'mails', member: 0, event, attempt: 1, error, action: 'retry' } as const
  return { stack: error.stack ?? '', line: problemLine(problem) }
}

function errorOf(work: () => void): Error {
  try {
    work()
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('it did not fail')
}
