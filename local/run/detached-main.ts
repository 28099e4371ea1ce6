// The process of a detached run. It reports its progress to the command that started it. When everything serves, it
// goes on without that command.
import { z } from 'zod'
import { LocalFailure } from '../failure/index.ts'
import type { RunOptions } from './bring-up.ts'
import { DETACHED_OPTIONS_NAME } from './detached.ts'
import type { DetachedMessage } from './detached.ts'
import { controlBySignals } from './signals.ts'
import { supervise } from './supervisor.ts'

const optionsSchema = z.object({
  home: z.string(),
  port: z.number(),
  backgroundPort: z.number(),
  postgresPort: z.number(),
  serviceBusPort: z.number(),
  postgresVia: z.string().exactOptional(),
  analyticsVia: z.string().exactOptional(),
  serviceBusVia: z.string().exactOptional(),
  postgresUrl: z.string().exactOptional(),
  fresh: z.boolean(),
  watch: z.boolean().exactOptional(),
}) satisfies z.ZodType<RunOptions>

async function tell(message: DetachedMessage): Promise<void> {
  await new Promise<void>((resolve) => {
    if (!process.connected || !process.send) resolve()
    else
      process.send(message, () => {
        resolve()
      })
  })
}

function log(line: string): void {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`)
}

function describeFailure(error: unknown): DetachedMessage {
  if (error instanceof LocalFailure) {
    return { type: 'failed', code: error.code, what: error.message, where: error.where, mend: error.mend }
  }
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return {
    type: 'failed',
    code: 'PART_FAILED',
    what,
    where: 'local/run',
    mend: 'This is a defect: please report it.',
  }
}

const options = optionsSchema.parse(JSON.parse(process.env[DETACHED_OPTIONS_NAME] ?? '{}'))
const signals = controlBySignals(() => process.exit(1))
let ready = false
process.once('disconnect', () => {
  // The command that started this run was interrupted before the run was ready. Nobody knows about the run, so it ends.
  if (!ready) signals.stop()
})
try {
  await supervise(
    options,
    {
      say: (line) => {
        log(line)
        void tell({ type: 'said', line })
      },
      ready: (status, tookMs) => {
        ready = true
        log(`ready after ${Math.round(tookMs)} ms`)
        void tell({ type: 'ready', status, tookMs })
      },
    },
    signals.control,
  )
  log('stopped')
} catch (error) {
  log(String(error))
  await tell(describeFailure(error))
  process.exitCode = 1
}
process.exit()
