import { readRun } from '../../local/run/index.ts'
import { CommandFailure, defineCommand, integerOption, UsageError } from '../frame/index.ts'

/** More migrations than there will ever be at once. */
const MOST_AT_ONCE = 1000

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

export const command = defineCommand({
  name: 'migrate',
  summary: 'Bring a database to the schema of this checkout, or take migrations back.',
  usage: '[up|down] [--count N] [--url postgres://...]',
  positionals: { min: 0, max: 1 },
  options: {
    url: {
      type: 'string',
      placeholder: 'URL',
      description: 'the migrator’s postgres:// url (default: the local run)',
    },
    count: { type: 'string', placeholder: 'N', description: 'at most this many (default: up all, down 1)' },
  },
  notes:
    'It goes directly to the server (5432), never through a transaction pooler. The local run migrates at each start.',
  run: async ({ values, positionals, home, note, print }) => {
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
    const { applied, level } = await migrate({ migratorUrl: url, ...count, log: note })
    const done = direction === 'up' ? 'Applied' : 'Taken back'
    print(
      { direction, migrations: applied, level },
      applied.length === 0
        ? `Nothing to do: the database is at level ${level}.`
        : `${done}: ${applied.join(', ')}. The database is at level ${level}.`,
    )
  },
})
