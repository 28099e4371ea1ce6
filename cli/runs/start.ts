import type { options } from '../commands/start.ts'
import { resolve } from 'node:path'
import { announcement, controlBySignals, startDetached, supervise } from '../../local/run/index.ts'
import type { RunOptions, RunOutput, Status } from '../../local/run/index.ts'
import { integerOption, UsageError } from '../frame/index.ts'
import type { ContextOf } from '../frame/index.ts'

export async function run({
  values,
  home,
  json,
  note,
  print,
  interruption,
}: ContextOf<typeof options>): Promise<number | void> {
  const options = runOptions(values, home)
  const ready = (status: Status, tookMs: number): void => {
    print(status, announcement(status, tookMs))
  }
  const say = json
    ? note
    : (line: string): void => {
        print(line, line)
      }
  if (!values.detach) {
    await runHere(options, { say, ready })
    return
  }
  const { status, tookMs } = await startDetached(options, note, interruption())
  ready(status, tookMs)
}

interface StartValues {
  readonly port: string
  readonly 'background-port'?: string | undefined
  readonly 'postgres-port': string
  readonly 'postgres-via'?: string | undefined
  readonly 'analytics-via'?: string | undefined
  readonly 'service-bus-port': string
  readonly 'service-bus-via'?: string | undefined
  readonly postgres?: string | undefined
  readonly fresh: boolean
  readonly watch: boolean
}

function runOptions(values: StartValues, home: string): RunOptions {
  const postgresVia = address(values['postgres-via'], '--postgres-via')
  const analyticsVia = address(values['analytics-via'], '--analytics-via')
  const serviceBusVia = address(values['service-bus-via'], '--service-bus-via')
  const postgresUrl = serverUrl(values.postgres)
  if (postgresUrl !== undefined && values.fresh) {
    throw new UsageError(
      '--fresh clears what the home holds, and the database of --postgres is not in it: drop that one yourself, and start without --fresh on a new --home.',
    )
  }
  const publicPort = port(values.port, '--port')
  return {
    home: resolve(home),
    port: publicPort,
    backgroundPort: backgroundPort(values['background-port'], publicPort),
    postgresPort: port(values['postgres-port'], '--postgres-port'),
    serviceBusPort: port(values['service-bus-port'], '--service-bus-port'),
    fresh: values.fresh,
    watch: values.watch,
    ...(postgresVia === undefined ? {} : { postgresVia }),
    ...(analyticsVia === undefined ? {} : { analyticsVia }),
    ...(serviceBusVia === undefined ? {} : { serviceBusVia }),
    ...(postgresUrl === undefined ? {} : { postgresUrl }),
  }
}

function address(text: string | undefined, option: string): string | undefined {
  if (text === undefined || /^[\w.-]+:\d{1,5}$/u.test(text)) return text
  throw new UsageError(`${option} takes HOST:PORT, not "${text}".`)
}

function serverUrl(text: string | undefined): string | undefined {
  if (text === undefined || (/^postgres(ql)?:\/\//u.test(text) && URL.canParse(text))) return text
  throw new UsageError('--postgres takes the postgres:// url of an administrator.')
}

const HIGHEST_PORT = 65_535

function port(text: string, option: string): number {
  return integerOption(text, option, { min: 0, max: HIGHEST_PORT })
}

/** Beside the public app's, so that it can be told from it. A free one where that one is free, or has no next one. */
function backgroundPort(text: string | undefined, publicPort: number): number {
  if (text === undefined) return publicPort === 0 || publicPort === HIGHEST_PORT ? 0 : publicPort + 1
  const chosen = port(text, '--background-port')
  if (chosen === 0 || chosen !== publicPort) return chosen
  throw new UsageError(`--port and --background-port are both ${chosen}. Each app needs a port of its own.`)
}

async function runHere(options: RunOptions, output: RunOutput): Promise<void> {
  // When the terminal closes, writing to it fails. This must not end the process before the run has ended its parts.
  // SIGHUP comes too, and it ends the run in order.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  const signals = controlBySignals(() => process.exit(1))
  signals.control.stop.addEventListener('abort', () => {
    output.say('Stopping (once more: at once) ...')
  })
  try {
    await supervise(options, output, signals.control)
    output.say('Stopped.')
  } finally {
    signals.release()
  }
}
