import { resolve } from 'node:path'
import { announcement, controlBySignals, startDetached, supervise } from '../../local/run/index.ts'
import type { RunOptions, RunOutput, Status } from '../../local/run/index.ts'
import { defineCommand, integerOption, UsageError } from '../frame/index.ts'

const HIGHEST_PORT = 65_535

function port(text: string, option: string): number {
  return integerOption(text, option, { min: 0, max: HIGHEST_PORT })
}

function address(text: string | undefined, option: string): string | undefined {
  if (text === undefined || /^[\w.-]+:\d{1,5}$/u.test(text)) return text
  throw new UsageError(`${option} takes HOST:PORT, not "${text}".`)
}

function serverUrl(text: string | undefined): string | undefined {
  if (text === undefined || (/^postgres(ql)?:\/\//u.test(text) && URL.canParse(text))) return text
  throw new UsageError('--postgres takes the postgres:// url of an administrator.')
}

interface StartValues {
  readonly port: string
  readonly 'postgres-port': string
  readonly 'postgres-via'?: string | undefined
  readonly 'analytics-via'?: string | undefined
  readonly postgres?: string | undefined
  readonly fresh: boolean
}

function runOptions(values: StartValues, home: string): RunOptions {
  const postgresVia = address(values['postgres-via'], '--postgres-via')
  const analyticsVia = address(values['analytics-via'], '--analytics-via')
  const postgresUrl = serverUrl(values.postgres)
  if (postgresUrl !== undefined && values.fresh) {
    throw new UsageError(
      '--fresh clears what the home holds, and the database of --postgres is not in it: drop that one yourself, and start without --fresh on a new --home.',
    )
  }
  return {
    home: resolve(home),
    port: port(values.port, '--port'),
    postgresPort: port(values['postgres-port'], '--postgres-port'),
    fresh: values.fresh,
    ...(postgresVia === undefined ? {} : { postgresVia }),
    ...(analyticsVia === undefined ? {} : { analyticsVia }),
    ...(postgresUrl === undefined ? {} : { postgresUrl }),
  }
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

export const command = defineCommand({
  name: 'start',
  summary: 'Start everything on this machine: PostgreSQL, storage, analytics, token issuer, functions.',
  usage: '[--detach] [--fresh] [--port N] [--postgres-port N] [--home DIR] ...',
  options: {
    port: {
      type: 'string',
      default: '7071',
      placeholder: 'N',
      description: 'port of the functions (default 7071; 0: a free one)',
    },
    'postgres-port': {
      type: 'string',
      default: '54320',
      placeholder: 'N',
      description: 'port of PostgreSQL (default 54320; 0: a free one)',
    },
    'postgres-via': {
      type: 'string',
      placeholder: 'HOST:PORT',
      description:
        'the functions reach PostgreSQL by this address (a proxy); migrations and commands go direct',
    },
    'analytics-via': {
      type: 'string',
      placeholder: 'HOST:PORT',
      description: 'the functions reach analytics by this address (a proxy)',
    },
    postgres: {
      type: 'string',
      placeholder: 'URL',
      description: 'use a server that runs already; the url is an administrator’s',
    },
    fresh: { type: 'boolean', default: false, description: 'clear PostgreSQL, storage and analytics first' },
    detach: { type: 'boolean', default: false, description: 'return when ready; "stop" ends it' },
  },
  notes: `The home keeps data, keys, passwords and ports; without --fresh the next start goes on where this one ended.
A part that ends is started again, the functions within a second. Ctrl-C ends everything in order, twice at once.`,
  run: async ({ values, home, json, note, print, interruption }) => {
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
  },
})
