import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { MigrationBuilder } from 'node-pg-migrate'
import { TrickleError } from '../shared/errors/index.ts'

/** NNNN_name.up.sql / .down.sql; the number is global over all owners' folders. */
const FILE_NAME = /^(\d{4})_([a-z0-9_]+)\.(up|down)\.sql$/

/** First line of a file whose one statement can't run inside a transaction, such as `create index concurrently`. */
const NO_TRANSACTION = '-- no-transaction'

export interface MigrationFile {
  readonly name: string
  readonly level: number
  readonly upPath: string
  readonly downPath: string
  readonly upSql: string
  readonly downSql: string
  /** SHA-256 of the up file, as hex. */
  readonly checksum: string
}

/**
 * Reads migration files and orders them by number.
 * @throws TrickleError CONFIGURATION_INVALID for a name off the pattern, a number used twice or a missing twin.
 */
export async function readMigrations(paths: readonly string[]): Promise<MigrationFile[]> {
  const twins = new Map<string, { up?: string; down?: string; level: number }>()
  for (const path of paths) {
    const match = FILE_NAME.exec(basename(path))
    if (match === null) throw invalid(`${path} is not named NNNN_name.up.sql or NNNN_name.down.sql`)
    const [, number = '', title = '', direction] = match
    const name = `${number}_${title}`
    const twin = twins.get(name) ?? { level: Number(number) }
    twins.set(name, direction === 'up' ? { ...twin, up: path } : { ...twin, down: path })
  }
  const files: MigrationFile[] = []
  for (const [name, { up, down, level }] of twins) {
    if (up === undefined || down === undefined)
      throw invalid(`${name} lacks its ${up === undefined ? 'up' : 'down'} file`)
    const [upSql, downSql] = await Promise.all([readFile(up, 'utf8'), readFile(down, 'utf8')])
    const checksum = createHash('sha256').update(upSql).digest('hex')
    files.push({ name, level, upPath: up, downPath: down, upSql, downSql, checksum })
  }
  files.sort((a, b) => a.level - b.level)
  const twice = files.find((file, index) => files[index + 1]?.level === file.level)
  if (twice !== undefined) throw invalid(`two migrations have the number of ${twice.name}`)
  return files
}

const invalid = (detail: string): TrickleError =>
  new TrickleError('CONFIGURATION_INVALID', `The migrations can't be read: ${detail}.`)

/** The two actions of a file in the form node-pg-migrate runs them. */
export function migrationActions(file: MigrationFile): {
  up: (builder: MigrationBuilder) => void
  down: (builder: MigrationBuilder) => void
} {
  const record = `insert into trickle_platform_migrations.checksums (name, level, checksum) values ('${file.name}', ${file.level}, '${file.checksum}')`
  const forget = `delete from trickle_platform_migrations.checksums where name = '${file.name}'`
  return {
    up: (builder) => addSteps(builder, file.upSql, record),
    down: (builder) => addSteps(builder, file.downSql, forget),
  }
}

/**
 * Objects are made by the login that migrates and belong to the owner when the transaction ends: a data definition
 * under SET ROLE would be refused by a Citus coordinator.
 */
const HAND_OVER = 'reassign owned by current_user to trickle_owner'

function addSteps(builder: MigrationBuilder, sql: string, bookkeeping: string): void {
  if (sql.startsWith(NO_TRANSACTION)) builder.noTransaction()
  builder.sql(sql)
  builder.sql(bookkeeping)
  builder.sql(HAND_OVER)
}
