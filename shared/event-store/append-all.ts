import { TrickleError } from '../errors/index.ts'
import type { Database } from '../postgres/index.ts'
import type { TenantContext } from '../tenancy/index.ts'
import type { AppendAllRequest, AppendAllResult } from './types.ts'

/** Appends to several streams, all or none. */
export async function appendToStreams(
  _database: Database,
  _tenant: TenantContext,
  _request: AppendAllRequest,
): Promise<AppendAllResult> {
  throw new TrickleError('INTERNAL', 'Being built.')
}
