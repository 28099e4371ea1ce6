import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { product } from '../functions/product.ts'
import { TrickleError } from '../shared/errors/index.ts'

const repository = fileURLToPath(new URL('..', import.meta.url))

/** Who owns schemas: a capability of shared/ or a context of functions/. */
export interface Owner {
  /** The folder's own name, which begins the names of its migrations and functions. */
  readonly name: string
  /** Absolute path; the SQL stands in `migrations/` and `sql/` below it. */
  readonly folder: string
}

/** In the order in which their migrations run: each may use those before it and no other. */
const CAPABILITIES = [
  'tenancy',
  'receipts',
  'event-store',
  'subscriptions',
  'adx',
  'audit',
  'messages',
] as const

/**
 * Every owner of schemas, in the order in which their migrations run.
 * @param contexts folder names of functions/, which use the capabilities and never each other; default: those of
 *   functions/app.ts
 * @throws TrickleError CONFIGURATION_INVALID when two owners have one name: their migrations would be confused
 */
export function owners(contexts: readonly string[] = product().contexts): Owner[] {
  const all = [
    ...CAPABILITIES.map((name) => ({ name, folder: join(repository, 'shared', name) })),
    ...contexts.map((name) => ({ name, folder: join(repository, 'functions', name) })),
  ]
  const twice = all.find(({ name }, index) => all.findIndex((other) => other.name === name) !== index)
  if (twice !== undefined) {
    throw new TrickleError(
      'CONFIGURATION_INVALID',
      `Two owners of schemas are called ${twice.name}. Give the context in functions/ another name.`,
    )
  }
  return all
}
