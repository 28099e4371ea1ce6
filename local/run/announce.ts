import { withoutSecret } from '../loopback/index.ts'
import { defaultHome } from './project.ts'
import type { Status } from './run-file.ts'

const COMMAND = 'npx trickle'

/** The addresses, one line each. Passwords are shown only by `status --json`. */
export function describeAddresses(status: Status): string[] {
  const rows: [string, string][] = []
  if (status.url !== null)
    rows.push(['API', `${status.url}/api`], ['API reference', `${status.url}/api/docs`])
  if (status.background !== null) rows.push(['API of operators', `${status.background.url}/api`])
  if (status.postgres) rows.push(['PostgreSQL', withoutPassword(status.postgres.inspector)])
  if (status.analytics) {
    const { url, database } = status.analytics
    rows.push(['Analytics', `${withoutSecret(url)} (database ${database})`])
  }
  if (status.serviceBus !== null) rows.push(['Service Bus', withoutKey(status.serviceBus)])
  if (status.issuer !== null) rows.push(['Token issuer', status.issuer])
  rows.push(['Data and logs', status.dataFolder])
  return table(rows)
}

/** The endpoint alone: sb://127.0.0.1:5672 */
function withoutKey(connectionString: string): string {
  return /^Endpoint=([^;]+)/u.exec(connectionString)?.[1] ?? ''
}

function withoutPassword(url: string): string {
  const shown = new URL(url)
  shown.password = ''
  return shown.href
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`)
}

/** Three commands that work unchanged in the project's folder. */
export function firstCommands(status: Status): { title: string; command: string }[] {
  const home = homeOption(status)
  const event = '{"sku":"A-1","quantity":2}'
  const query = `EventsRaw | where StreamId == 'cart-1' | project TenantId, Version, EventType, Payload`
  return [
    {
      title: 'Append an event',
      command: `${COMMAND} append cart-1 --type ItemAdded --data '${event}'${home}`,
    },
    { title: 'Read the stream', command: `${COMMAND} read cart-1${home}` },
    {
      title: 'See it in analytics (after 2 to 3 seconds)',
      command: `${COMMAND} analytics "${query}"${home}`,
    },
  ]
}

/** The option that commands need to find this run. */
function homeOption(status: Status): string {
  return status.dataFolder === defaultHome ? '' : ` --home ${shellWord(status.dataFolder)}`
}

/** A word for the shell, quoted only if the shell needs it. */
function shellWord(text: string): string {
  return /^[\w./:@=,-]+$/u.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** The text that a person reads when all parts serve. */
export function announcement(status: Status, tookMs: number): string {
  const home = homeOption(status)
  const commands = firstCommands(status).flatMap(({ title, command: text }) => [
    `  ${title}:`,
    `    ${text}`,
    '',
  ])
  return [
    '',
    `Trickle ${status.version} is ready (${(tookMs / 1000).toFixed(1)} s).`,
    '',
    ...describeAddresses(status),
    '',
    'Try it:',
    '',
    ...commands,
    `By HTTP, with a token: the page of the API reference (${COMMAND} open${home}).`,
    `Addresses with passwords: ${COMMAND} status --json${home}`,
    `Stop: Ctrl-C, or ${COMMAND} stop${home}`,
    '',
  ].join('\n')
}
