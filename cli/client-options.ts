/** The options of every command that talks to a running Trickle. */
export const clientOptions = {
  url: { type: 'string', placeholder: 'URL', description: 'a running Trickle (default: the local run)' },
  token: {
    type: 'string',
    placeholder: 'TOKEN',
    description: 'token for it (default: TRICKLE_TOKEN, or one for the local run)',
  },
  insecure: {
    type: 'boolean',
    default: false,
    description: 'let --url be plain http to another machine: all on the way can read token and events',
  },
} as const

/** The option of commands that work on the events of one tenant. */
export const tenantOption = {
  tenant: {
    type: 'string',
    placeholder: 'TENANT',
    description: 'whose events (default: acme in the local run; with --token, the tenant of the token)',
  },
} as const
