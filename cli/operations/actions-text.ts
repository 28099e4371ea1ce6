import type { z } from 'zod'
import type { operatorActionSchema } from '../../functions/operations/schemas.ts'
import { renderTable } from '../frame/index.ts'
import { plural } from './words.ts'

type OperatorAction = z.output<typeof operatorActionSchema>

/** Who did what, one line for each action. The trace id leads to the log. --json has issuer and application, too. */
export function actionsTable(actions: readonly OperatorAction[]): string {
  const rows = actions.map(
    ({ id, recordedAt, action, target, tenantId, detail, subject, outcome, traceId }) => [
      id,
      recordedAt,
      outcome === 'begun' ? `${action} (begun)` : action,
      target ?? tenantId,
      detail,
      subject,
      traceId,
    ],
  )
  const table = renderTable(['id', 'when', 'action', 'on', 'how', 'who', 'trace'], rows)
  return `${table}\n(${plural(actions.length, 'action')})`
}
