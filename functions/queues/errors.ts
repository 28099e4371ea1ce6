import { defineErrors } from '../../shared/errors/index.ts'

export const queueErrors = defineErrors({
  QUEUE_NOT_FOUND: { status: 404, title: 'There is no such queue' },
  DEAD_LETTER_NOT_FOUND: { status: 404, title: 'There is no such dead letter' },
})
