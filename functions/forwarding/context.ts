/**
 * Forwarding: a timer starts the subscription that sends events to Azure Data Explorer. shared/adx does the work, and
 * shared/subscriptions gives it its lease.
 */
import { FORWARDER_NAME } from '../../shared/adx/index.ts'
import { defineContext } from '../define-context.ts'
import { forward } from './forward.ts'
import { forwardingServices } from './services.ts'
import { forwardingSettings } from './settings.ts'

export const forwarding = defineContext({
  name: 'forwarding',
  settings: forwardingSettings,
  services: forwardingServices,
  timers: (services) => [
    {
      // Without a hyphen: the template disables it by an app setting, and those take none in their names.
      name: 'forwarding',
      schedule: '%TRICKLE_FORWARDING_SCHEDULE%',
      subscription: FORWARDER_NAME,
      run: (log) => forward(services(), log),
    },
  ],
})
