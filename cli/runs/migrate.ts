import type { options } from '../commands/migrate.ts'
import type { MigrateReport } from '../../database/index.ts'
import { readRun } from '../../local/run/index.ts'
import { CommandFailure, integerOption, UsageError } from '../frame/index.ts'
import type { ContextOf } from '../frame/index.ts'

/** More migrations than anybody will ever apply at once. */
const MOST_AT_ONCE = 1000

export async function run({
  values,
  positionals,
  home,
  note,
  print,
}: ContextOf<typeof options>): Promise<number | void> {
  const direction = positionals[0] ?? 'up'
  if (direction !== 'up' && direction !== 'down')
    throw new UsageError(`It goes up or down, not "${direction}".`)
  const url = migratorUrl(values.url, home)
  const count =
    values.count === undefined
      ? {}
      : { count: integerOption(values.count, '--count', { min: 1, max: MOST_AT_ONCE }) }
  const { migrateDown, migrateUp } = await import('../../database/index.ts')
  const migrate = direction === 'up' ? migrateUp : migrateDown
  const replaceNewer = values['replace-newer'] === true
  const report = await migrate({ migratorUrl: url, ...count, replaceNewer, log: note })
  print({ direction, ...report }, sentencesOf(direction, report))
}

function migratorUrl(given: string | undefined, home: string): string {
  if (given !== undefined) {
    if (/^postgres(ql)?:\/\//u.test(given) && URL.canParse(given)) return given
    throw new UsageError('--url takes the postgres:// url of the migrator, directly on the server.')
  }
  const { state, status } = readRun(home)
  if (status.postgres) return status.postgres.migrator
  throw new CommandFailure(
    'NOT_RUNNING',
    `Trickle is ${state} (${home}). Start it with npm start, or name a database with --url.`,
  )
}

function sentencesOf(direction: 'up' | 'down', { migrations, functions }: MigrateReport): string {
  const sentences: string[] = []
  if (migrations.length > 0)
    sentences.push(`${direction === 'up' ? 'Applied' : 'Taken back'}: ${migrations.join(', ')}.`)
  if (direction === 'down' && migrations.length > 0)
    sentences.push('The functions were taken out too; migrate up brings them back.')
  if (functions.applied.length > 0)
    sentences.push(`Functions put into the database: ${countOf(functions.applied)}.`)
  if (functions.keptNewer.length > 0)
    sentences.push(
      `This checkout is older than the database, which keeps its newer text of ${functions.keptNewer.join(', ')}. Use a newer checkout, or put these texts back with --replace-newer.`,
    )
  if (functions.withoutFile.length > 0)
    sentences.push(
      `In the database and in no file of this checkout: ${functions.withoutFile.join(', ')}. They stay until a migration drops them.`,
    )
  return sentences.length === 0 ? 'Nothing to do.' : sentences.join(' ')
}

/** A first run creates some sixty functions. For more than ten, only the number is printed. */
const NAMES_MAX = 10

const countOf = (names: readonly string[]): string =>
  names.length > NAMES_MAX ? String(names.length) : names.join(', ')
