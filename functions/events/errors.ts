import { defineErrors } from '../../shared/errors/index.ts'

export const eventErrors = defineErrors({
  LIVE_VIEWERS_FULL: {
    status: 503,
    title: 'As many follow live feeds as this instance serves',
    retryable: true,
  },
})
