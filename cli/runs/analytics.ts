import type { options } from '../commands/analytics.ts'
import { readRun } from '../../local/run/index.ts'
import { CommandFailure, renderTable } from '../frame/index.ts'
import type { ContextOf } from '../frame/index.ts'

export async function run({
  values,
  positionals,
  home,
  print,
}: ContextOf<typeof options>): Promise<number | void> {
  const { state, status } = readRun(home)
  if (!status.analytics)
    throw new CommandFailure('NOT_RUNNING', `Trickle is ${state} (${home}). Start it with npm start.`)
  const database = values.database ?? status.analytics.database
  const { columns, rows } = await ask(status.analytics.url, database, positionals[0] ?? '')
  const table = renderTable(
    columns,
    rows.map((row) => columns.map((name) => row[name])),
  )
  print(rows, `${table}\n(${rows.length} ${rows.length === 1 ? 'row' : 'rows'})`)
}

/** For a query of the local replacement of the analytics service. A query that takes longer has failed. */
const TIMEOUT_MS = 30_000

interface Answer {
  readonly columns: string[]
  readonly rows: Record<string, unknown>[]
}

async function ask(url: string, database: string, query: string): Promise<Answer> {
  const { Client, ClientRequestProperties, KustoConnectionStringBuilder } = await import('azure-kusto-data')
  const client = new Client(new KustoConnectionStringBuilder(url))
  const properties = new ClientRequestProperties()
  properties.setTimeout(TIMEOUT_MS)
  try {
    const response = await client.execute(database, query, properties)
    const [table] = response.primaryResults
    if (!table) return { columns: [], rows: [] }
    const columns = table.columns.map((column) => column.name ?? '')
    const { data } = table.toJSON<Record<string, unknown>>()
    return { columns, rows: data }
  } catch (error) {
    throw new CommandFailure('QUERY_FAILED', `The query failed: ${serviceWords(error)}`, { cause: error })
  } finally {
    client.close()
  }
}

/** The service's own message. The SDK throws an error of its HTTP client, which holds it. */
function serviceWords(error: unknown): string {
  const response = (error as { response?: { data?: { error?: Record<string, unknown> } } }).response
  const details = response?.data?.error
  const words = details?.['@message'] ?? details?.['message']
  return typeof words === 'string' ? words : error instanceof Error ? error.message : String(error)
}
