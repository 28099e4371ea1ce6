import type { Client } from 'pg'

/** Who may log in as a role: at Azure a role's identity is the object id of an Entra principal. */
export interface EntraPrincipals {
  /** Roles that are attached, with the object id; '' for a role that is attached otherwise than as a plain service. */
  attached(): Promise<ReadonlyMap<string, string>>
  /** Makes a login role for a service principal or managed identity. */
  create(role: string, objectId: string): Promise<void>
  /** Attaches a role that exists, or attaches it to another principal. */
  attach(role: string, objectId: string): Promise<void>
}

/** Writes the label that attaches a role. */
export type LabelWriter = (client: Client, role: string, label: string) => Promise<void>

/** For Azure, whose extension is the label's provider. */
export const securityLabel: LabelWriter = async (client, role, label) => {
  await client.query(
    `security label for "pgaadauth" on role ${client.escapeIdentifier(role)} is ${client.escapeLiteral(label)}`,
  )
}

/**
 * For any other server, where no such provider is loaded: calls a function that tests make. All else calls functions by
 * Azure's own names, which tests make too.
 */
export const standInLabel: LabelWriter = async (client, role, label) => {
  await client.query('select pg_catalog.pgaadauth_stand_in_label($1, $2)', [role, label])
}

/**
 * Azure's functions and labels (https://learn.microsoft.com/azure/postgresql/security/security-manage-entra-users); they
 * exist in database `postgres` only.
 */
export function entraPrincipals(client: Client, writeLabel: LabelWriter): EntraPrincipals {
  const attach = (role: string, objectId: string): Promise<void> =>
    writeLabel(client, role, `aadauth,oid=${objectId},type=service`)
  return {
    async attached() {
      const { rows } = await client.query<Record<string, unknown>>(
        'select * from pg_catalog.pgaadauth_list_principals(false)',
      )
      return new Map(rows.map(principalOf))
    },
    // Not by pgaadauth_create_principal_with_oid: where it creates the role in another name, the administrator has no
    // admin option on it, and can neither change it nor share it with other administrators.
    async create(role, objectId) {
      await client.query(`create role ${client.escapeIdentifier(role)} login`)
      await attach(role, objectId)
    },
    attach,
  }
}

/** The documentation calls the first column rolename, servers call it rolname; upper and lower case differ, too. */
function principalOf(row: Readonly<Record<string, unknown>>): [role: string, objectId: string] {
  const columns = new Map(Object.entries(row).map(([name, value]) => [name.toLowerCase(), value]))
  const text = (name: string): string => {
    const value = columns.get(name)
    return ['string', 'number', 'boolean'].includes(typeof value)
      ? `${value as string | number | boolean}`
      : ''
  }
  const role = text('rolname') || text('rolename')
  const isPlainService =
    ['service', ''].includes(text('principaltype').toLowerCase()) &&
    ['0', 'f', 'false', ''].includes(text('isadmin').toLowerCase())
  return [role, isPlainService ? text('objectid').toLowerCase() : '']
}
