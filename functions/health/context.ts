/** Health: whether the process answers, and whether it can do its work. These routes never tell a host name. */
import { defineContext } from '../define-context.ts'
import { healthRoutes } from './routes.ts'
import { healthServices } from './services.ts'

export const health = defineContext({
  name: 'health',
  tags: { Health: 'Whether the process answers, and whether it can do its work.' },
  services: healthServices,
  routes: healthRoutes,
})
