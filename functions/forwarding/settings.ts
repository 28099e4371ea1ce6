import { z } from 'zod'

export const forwardingSettings = {
  TRICKLE_FORWARDING_SCHEDULE: z.string().min(1).default('*/10 * * * * *').meta({
    description:
      'NCRONTAB schedule of the forwarder. Azure reads it by %TRICKLE_FORWARDING_SCHEDULE%, so it must be set there.',
    // Short locally, so that a developer sees an event arrive at once.
    local: '*/2 * * * * *',
  }),
}
