import { homeAt } from '../../local/run/index.ts'
import { signToken } from '../../local/issuer/index.ts'
import { defineCommand, durationSeconds, UsageError } from '../frame/index.ts'

const knownRoles = ['reader', 'writer', 'admin', 'operator']

function rolesOf(text: string): string[] {
  const roles = text
    .split(',')
    .map((role) => role.trim())
    .filter((role) => role !== '')
  const unknown = roles.find((role) => !knownRoles.includes(role))
  if (unknown !== undefined)
    throw new UsageError(`Unknown role: ${unknown}. There are ${knownRoles.join(', ')}.`)
  if (roles.length === 0) throw new UsageError(`--roles takes some of ${knownRoles.join(', ')}.`)
  return roles
}

function assertFits(roles: readonly string[], tenant: string | undefined): void {
  if (roles.includes('operator')) {
    if (tenant !== undefined) throw new UsageError('An operator works across tenants: leave --tenant away.')
    if (roles.length > 1) throw new UsageError('An operator token has no other role.')
  } else if (tenant === undefined) {
    throw new UsageError('Name the tenant with --tenant (only operators have none).')
  }
}

export const command = defineCommand({
  name: 'token',
  summary: 'Print a token for the local run, and nothing else.',
  usage: '--tenant SLUG --roles writer,reader | --roles operator',
  options: {
    tenant: { type: 'string', placeholder: 'TENANT', description: 'slug, id or external id' },
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
      description: 'how long it is good: 90s, 15m, 8h, 7d (default 1h)',
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
    const { tenant } = values
    assertFits(roles, tenant)
    const token = await signToken(homeAt(home).issuer, {
      ...(tenant === undefined ? {} : { tenant }),
      roles,
      expiresInSeconds: durationSeconds(values.expires, '--expires'),
      subject: values.subject,
    })
    print({ token }, token)
  },
})
