import { defineErrors } from '../../shared/errors/index.ts'

export const eventErrors = defineErrors({
  BINARY_DATA_UNSUPPORTED: { status: 400, title: 'Binary event data is not supported' },
  LIVE_VIEWERS_FULL: {
    status: 503,
    title: 'As many follow live feeds as this instance serves',
    retryable: true,
  },
})
