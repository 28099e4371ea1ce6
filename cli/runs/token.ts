import type { options } from '../commands/token.ts'
// Not by the door of the local run, which loads zod: a token is wanted at once.
import { homeAt } from '../../local/run/home.ts'
import { signToken, TOKEN_MAX_SECONDS } from '../../local/issuer/index.ts'
import { durationSeconds, UsageError } from '../frame/index.ts'
import type { ContextOf } from '../frame/index.ts'

const KNOWN_ROLES = ['reader', 'writer', 'admin', 'operator']

export async function run({ values, home, print }: ContextOf<typeof options>): Promise<number | void> {
  const roles = rolesOf(values.roles)
  const { tenant, service: isService } = values
  assertFits({ roles, tenant, isService })
  const token = await signToken(homeAt(home).issuer, {
    ...(tenant === undefined ? {} : { tenant }),
    roles: isService ? ['service', ...roles] : roles,
    expiresInSeconds: secondsOf(values.expires),
    subject: values.subject,
  })
  print({ token }, token)
}

function rolesOf(text: string): string[] {
  const roles = text
    .split(',')
    .map((role) => role.trim())
    .filter((role) => role !== '')
  if (roles.includes('service'))
    throw new UsageError('A token of a service is made by --service, with --roles for what it may do.')
  const unknown = roles.find((role) => !KNOWN_ROLES.includes(role))
  if (unknown !== undefined)
    throw new UsageError(`Unknown role: ${unknown}. There are ${KNOWN_ROLES.join(', ')}.`)
  if (roles.length === 0) throw new UsageError(`--roles takes some of ${KNOWN_ROLES.join(', ')}.`)
  return roles
}

interface TokenWords {
  readonly roles: readonly string[]
  readonly tenant: string | undefined
  readonly isService: boolean
}

function assertFits({ roles, tenant, isService }: TokenWords): void {
  if (isService) {
    if (tenant !== undefined)
      throw new UsageError(
        'A service names the tenant of each request in the header Trickle-Tenant: leave --tenant away.',
      )
    const other = roles.find((role) => !['reader', 'writer'].includes(role))
    if (other !== undefined) throw new UsageError(`A service has reader and writer only, not ${other}.`)
  } else if (roles.includes('operator')) {
    if (tenant !== undefined) throw new UsageError('An operator works across tenants: leave --tenant away.')
    if (roles.length > 1) throw new UsageError('An operator token has no other role.')
  } else if (tenant === undefined) {
    throw new UsageError(
      'Name the tenant with --tenant SLUG, such as --tenant acme (only operators and services have none).',
    )
  }
}

function secondsOf(expires: string): number {
  const seconds = durationSeconds(expires, '--expires')
  if (seconds <= TOKEN_MAX_SECONDS) return seconds
  throw new UsageError(`--expires takes at most 7d: the local run refuses a token that is good for longer.`)
}
