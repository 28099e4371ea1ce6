import { randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'

/**
 * A short name of this data folder, made once. The stand-in's containers and queues have this name in theirs, so that
 * two stand-ins on one storage account never take each other's messages, and a restarted stand-in finds its own again.
 */
export function instanceName(database: DatabaseSync): string {
  const known = database.prepare("SELECT value FROM instance WHERE name = 'name'").get()
  if (known !== undefined) return String(known['value'])
  const name = randomBytes(4).toString('hex')
  database.prepare("INSERT INTO instance (name, value) VALUES ('name', ?)").run(name)
  return name
}
