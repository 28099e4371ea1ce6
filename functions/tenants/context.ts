/**
 * Tenants, as an operator administers them. shared/tenancy defines what a tenant is, and the proof of acting for one.
 */
import { defineContext } from '../define-context.ts'
import { tenantRoutes } from './routes.ts'
import { tenantServices } from './services.ts'

export const tenants = defineContext({
  name: 'tenants',
  tags: { Tenants: 'For operators: create, list, suspend and resume tenants.' },
  services: tenantServices,
  routes: tenantRoutes,
})
