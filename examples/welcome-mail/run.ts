/**
 * Runs the subscription once on a local Trickle, without a trigger: `npx --no node examples/welcome-mail/run.ts` while
 * `npm start` runs.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { Database } from '../../shared/postgres/index.ts'
import { problemLine, runSubscription } from '../../shared/subscriptions/index.ts'
import { folderMailer } from './folder-mailer.ts'
import { welcomeMail } from './subscription.ts'

const { stdout } = await promisify(execFile)(process.execPath, [
  'cli/main.ts',
  'status',
  '--json',
  ...process.argv.slice(2),
])
const { postgres } = JSON.parse(stdout) as { postgres: { worker: string } }
const database = new Database({ url: postgres.worker, connectionsMax: 2, statements: 'unnamed' })
try {
  const run = await runSubscription(database, welcomeMail(folderMailer('welcome-mails')), {
    timeMs: 20_000,
    stepsMax: 100,
    onProblem: (problem) => process.stderr.write(`${problemLine(problem)}\n`),
  })
  process.stdout.write(`${run.outcome}: ${run.events} events\n`)
} finally {
  await database.end()
}
