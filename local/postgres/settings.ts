import type { PostgresVersion } from './binaries.ts'

/** One server setting, and why it has this value. */
interface ServerSetting {
  readonly name: string
  readonly value: string | number | boolean
  readonly why: string
  /** Only for servers that keep data, or only for those whose data is thrown away. */
  readonly only?: 'durable' | 'throwaway'
}

/**
 * The settings table. A setting that is not here keeps PostgreSQL's default, as in Azure, so that a defect that depends
 * on a setting shows here too. `settings` of `startServer` and `ALTER SYSTEM` override this table.
 */
export const serverSettings: readonly ServerSetting[] = [
  { name: 'listen_addresses', value: '127.0.0.1', why: 'nobody else on the network needs it' },
  {
    name: 'unix_socket_directories',
    value: '',
    why: 'leaves no file behind; paths above 107 bytes would fail',
  },
  {
    name: 'max_connections',
    value: 200,
    why: 'four pools, migrations, a benchmark of 32 and people beside them',
  },
  { name: 'shared_buffers', value: '256MB', why: 'a working set of a few million events', only: 'durable' },
  {
    name: 'shared_buffers',
    value: '64MB',
    why: 'several servers run side by side in tests',
    only: 'throwaway',
  },
  {
    name: 'wal_level',
    value: 'logical',
    why: 'change data capture later; on Azure changing it needs a restart',
  },
  { name: 'max_wal_size', value: '2GB', why: 'an import does not force a checkpoint every few seconds' },
  { name: 'checkpoint_timeout', value: '15min', why: 'fewer full-page images after each checkpoint' },
  { name: 'random_page_cost', value: 1.1, why: 'solid-state disks, here and in Azure' },
  { name: 'jit', value: false, why: 'short statements: compiling costs more than it brings' },
  { name: 'timezone', value: 'UTC', why: 'as in Azure; text of times must not depend on the machine' },
  { name: 'log_timezone', value: 'UTC', why: 'the log lines up with the other processes' },
  { name: 'log_line_prefix', value: '%m [%p] %q%u@%d ', why: 'who and where, for each line' },
  { name: 'log_lock_waits', value: true, why: 'a waiting append is the first thing to look for' },
  {
    name: 'log_min_duration_statement',
    value: '5s',
    why: 'shows the statement that blocks a feed',
    only: 'durable',
  },
  { name: 'log_checkpoints', value: false, why: 'one line every 15 minutes helps nobody here' },
  { name: 'fsync', value: false, why: 'thrown away after a crash of the machine anyway', only: 'throwaway' },
  { name: 'full_page_writes', value: false, why: 'needless without fsync', only: 'throwaway' },
]

export type SettingValue = string | number | boolean

/** The text of the configuration file for a server: the table, then the caller's own settings. */
export function settingsText(options: {
  durable: boolean
  port: number
  version: PostgresVersion
  settings: Readonly<Record<string, SettingValue>>
}): string {
  const kind = options.durable ? 'durable' : 'throwaway'
  const fromTable = serverSettings.filter((setting) => (setting.only ?? kind) === kind)
  return [
    '# Written at each start of the local run; put settings of your own into postgresql.conf or use ALTER SYSTEM.',
    ...fromTable.map((setting) => `${line(setting.name, setting.value)}  # ${setting.why}`),
    // PostgreSQL 18 starts three I/O processes by default; a throw-away server does not need them.
    ...(options.durable || options.version < 18 ? [] : [line('io_method', 'sync')]),
    line('port', options.port),
    ...Object.entries(options.settings).map(([name, value]) => line(name, value)),
    '',
  ].join('\n')
}

function line(name: string, value: SettingValue): string {
  const text = typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value)
  return `${name} = '${text.replaceAll("'", "''")}'`
}
