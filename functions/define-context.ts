/** How a context of this product is defined: on its platform, for callers whose tenant is known to shared/tenancy. */
import { defineContextFor } from '../shared/context/index.ts'
import type { Context, DefineContext } from '../shared/context/index.ts'
import type { TenantContext } from '../shared/tenancy/index.ts'
import type { Platform } from './platform.ts'

export const defineContext: DefineContext<Platform, TenantContext> = defineContextFor<
  Platform,
  TenantContext
>()

export type ProductContext = Context<Platform, TenantContext>
