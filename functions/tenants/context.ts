/** Tenants, as an operator administers them. What a tenant is, and the proof of it, is shared/tenancy's. */
import { defineContext } from '../define-context.ts'
import { tenantRoutes } from './routes.ts'
import { tenantServices } from './services.ts'

export const tenants = defineContext({ name: 'tenants', services: tenantServices, routes: tenantRoutes })
