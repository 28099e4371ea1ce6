import { setTimeout as pause } from 'node:timers/promises'
import { isTrickleError } from '../../shared/errors/index.ts'
import type { TenantContext, TenantDirectory } from '../../shared/tenancy/index.ts'

type Directory = Pick<TenantDirectory, 'resolve'>

/**
 * Connections are killed from the first moment of a run, this writer's first ones among them. 40 attempts with the
 * directory's own retries in each: only a server that is gone ends them.
 */
const ATTEMPTS_MAX = 40
const PAUSE_MS = 50

/** @throws TrickleError as `TenantDirectory.resolve`, for a failure that does not pass. */
export async function resolveTenants(
  directory: Directory,
  slugs: readonly string[],
): Promise<TenantContext[]> {
  const tenants: TenantContext[] = []
  for (const slug of slugs) tenants.push(await resolveDespiteKills(directory, slug))
  return tenants
}

async function resolveDespiteKills(directory: Directory, slug: string): Promise<TenantContext> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await directory.resolve(slug)
    } catch (error) {
      if (attempt === ATTEMPTS_MAX || !isTrickleError(error) || !error.retryable) throw error
      await pause(PAUSE_MS)
    }
  }
}
