import { defineSubscription } from '../../shared/subscriptions/index.ts'
import type { Subscription } from '../../shared/subscriptions/index.ts'
import { addToCounts } from './statements.ts'

const changeByType: Readonly<Record<string, number>> = { NoteAdded: 1, NoteDeleted: -1 }

/**
 * Counts the notes of each tenant. The count and the checkpoint are one transaction, so each event counts once. To count
 * again from the beginning: pause the subscription, empty the table, reset it, resume it.
 */
export const countNotes = (): Subscription =>
  defineSubscription({
    name: 'notes-count',
    types: Object.keys(changeByType),
    streamTypes: ['note'],
    async handleBatch(events, run) {
      const changes = new Map<string, number>()
      for (const { tenantId, type } of events)
        changes.set(tenantId, (changes.get(tenantId) ?? 0) + (changeByType[type] ?? 0))
      await run(addToCounts([...changes.keys()], [...changes.values()]))
    },
  })
