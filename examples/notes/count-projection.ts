import { defineProjection } from '../../shared/subscriptions/index.ts'
import type { Subscription } from '../../shared/subscriptions/index.ts'
import { addToCount } from './statements.ts'

const changeByType: Readonly<Record<string, number>> = { NoteAdded: 1, NoteDeleted: -1 }

/**
 * Counts the notes of each tenant. The count and the checkpoint are written in one transaction, so each event counts
 * once. To count again from the beginning: pause the subscription, empty the table, reset the subscription, resume it.
 */
export const countNotes = (): Subscription =>
  defineProjection({
    name: 'notes-count',
    types: Object.keys(changeByType),
    streamTypes: ['note'],
    project: (events, tenantId) => [
      addToCount(
        tenantId,
        events.reduce((sum, { type }) => sum + (changeByType[type] ?? 0), 0),
      ),
    ],
  })
