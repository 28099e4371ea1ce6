import { homeAt } from '../../local/run/index.ts'
import { signToken, TOKEN_MAX_SECONDS } from '../../local/issuer/index.ts'
import { defineCommand, durationSeconds, UsageError } from '../frame/index.ts'

const KNOWN_ROLES = ['reader', 'writer', 'admin', 'operator']

interface TokenWords {
  readonly roles: readonly string[]
  readonly tenant: string | undefined
  readonly isService: boolean
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
    throw new UsageError('Name the tenant with --tenant (only operators and services have none).')
  }
}

function secondsOf(expires: string): number {
  const seconds = durationSeconds(expires, '--expires')
  if (seconds <= TOKEN_MAX_SECONDS) return seconds
  throw new UsageError(`--expires takes at most 7d: the local run refuses a token that is good for longer.`)
}

export const command = defineCommand({
  name: 'token',
  summary: 'Print a token for the local run, and nothing else.',
  usage: '--tenant SLUG --roles writer,reader | --service --roles writer,reader | --roles operator',
  options: {
    tenant: { type: 'string', placeholder: 'TENANT', description: 'slug, id or external id' },
    service: {
      type: 'boolean',
      default: false,
      description: 'for a backend that names the tenant of each request in the header Trickle-Tenant',
    },
    roles: {
      type: 'string',
      default: 'reader,writer',
      placeholder: 'ROLES',
      description: 'some of reader, writer, admin; or operator',
    },
    expires: {
      type: 'string',
      default: '1h',
      placeholder: 'TIME',
      description: 'how long it is good: 90s, 15m, 8h, at most 7d (default 1h)',
    },
    subject: {
      type: 'string',
      default: 'trickle-cli',
      placeholder: 'NAME',
      description: 'whom it stands for',
    },
  },
  run: async ({ values, home, print }) => {
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
  },
})
