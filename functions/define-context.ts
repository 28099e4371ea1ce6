/** How a context of this product is defined: on its platform, for callers whose tenant is known to shared/tenancy. */
import { defineCommandFor, defineContextFor } from '../shared/context/index.ts'
import type { Context, DefineContext } from '../shared/context/index.ts'
import type { TenantContext } from '../shared/tenancy/index.ts'
import type { Platform } from './platform.ts'

export const defineContext: DefineContext<Platform, TenantContext> = defineContextFor<
  Platform,
  TenantContext
>()

/** A command that comes by the queue `trickle-commands`; see `commands` of `defineContext`. */
export const defineCommand = defineCommandFor<TenantContext>()

export type ProductContext = Context<Platform, TenantContext>
