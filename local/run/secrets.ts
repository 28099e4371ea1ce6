import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { readJson, writePrivateJson } from './files.ts'
import type { Home } from './home.ts'

/** The login roles of the database, and the passwords they have in this home. */
const passwordsSchema = z.object({
  trickle_migrator: z.string(),
  trickle_app: z.string(),
  trickle_worker: z.string(),
  trickle_forwarder: z.string(),
  trickle_operator: z.string(),
  trickle_inspector: z.string(),
})

export type RolePasswords = z.infer<typeof passwordsSchema>

const secretsSchema = z.object({ passwords: passwordsSchema })

/** The passwords of this home. They are made at the first start, and set on the server at each start. */
export function rolePasswords(home: Home): RolePasswords {
  const kept = readJson(home.secretsFile, secretsSchema)
  if (kept) return kept.passwords
  const passwords: RolePasswords = {
    trickle_migrator: newPassword(),
    trickle_app: newPassword(),
    trickle_worker: newPassword(),
    trickle_forwarder: newPassword(),
    trickle_operator: newPassword(),
    trickle_inspector: newPassword(),
  }
  writePrivateJson(home.secretsFile, { passwords })
  return passwords
}

/** 192 bits, in characters that need no escaping in a connection string. */
const newPassword = (): string => randomBytes(24).toString('base64url')
