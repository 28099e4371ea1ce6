import { z } from 'zod'
import { foldName, slugOf, UUID_PATTERN } from '../../tenancy/index.ts'

/** A setting that binds a queue to tenants: their slugs or ids with commas between. Empty: the queue takes all. */
export const queueTenantsSetting = (queue: string) =>
  z
    .string()
    .refine(
      (text) => namesOf(text).every((name) => slugOf(name) !== null || UUID_PATTERN.test(name)),
      'must be slugs or ids of tenants, with commas between',
    )
    .default('')
    .transform((text): ReadonlySet<string> => new Set(namesOf(text)))
    .meta({
      description: `Tenants whose messages the queue ${queue} takes, by slug or id, with commas between. Empty: of all. A message for another tenant is parked.`,
    })

const namesOf = (text: string): string[] =>
  text
    .split(',')
    .map((name) => foldName(name.trim()))
    .filter((name) => name !== '')
