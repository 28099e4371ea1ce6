import type { options, subcommands } from '../commands/azure.ts'
import { isThisMachine } from '../../shared/address/index.ts'
import { SLUG_FORM, slugOf } from '../../shared/tenancy/index.ts'
import { azureCliToken, Graph, GRAPH_URL, register, registeredText } from '../azure/index.ts'
import { UsageError } from '../frame/index.ts'
import type { GroupContext } from '../frame/index.ts'

type Context = GroupContext<typeof subcommands, typeof options>

export async function run(context: Context): Promise<number | void> {
  if (context.verb === 'register') return await runRegister(context)
  return await (await import('./azure-evidence.ts')).runEvidence(context)
}

async function runRegister({ values, print, note }: Context): Promise<void> {
  const { name, operator, backend, me, 'secret-days': secretDays, 'dry-run': isDry } = values
  const myTenant = tenantOf(me)
  const days = secretDaysOf(secretDays)
  if (days !== null && !operator && !backend)
    throw new UsageError('--secret-days makes secrets of --operator and --backend; name one of them.')
  const graph = new Graph({ url: graphUrlOf(values['graph-url'] ?? GRAPH_URL), token: azureCliToken })
  const registered = await register(
    graph,
    { name, operator, backend, myTenant, secretDays: days, isDry },
    note,
  )
  print(registered, registeredText(registered))
}

/** Two years: what the portal of Entra offers at most. */
const SECRET_MAX_DAYS = 730

function secretDaysOf(text: string | undefined): number | null {
  if (text === undefined) return null
  const days = Number(text)
  if (/^\d+$/.test(text) && days >= 1 && days <= SECRET_MAX_DAYS) return days
  throw new UsageError(`--secret-days takes a number of days from 1 to ${SECRET_MAX_DAYS}, not "${text}".`)
}

function tenantOf(text: string | undefined): string | null {
  if (text === undefined) return null
  const slug = slugOf(text)
  if (slug !== null) return slug
  throw new UsageError(`--me: "${text}" is no slug of a tenant. ${SLUG_FORM}.`)
}

/** A token that registers applications must not go over the network unencrypted. */
function graphUrlOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || (url.protocol !== 'https:' && !isThisMachine(url.hostname)))
    throw new UsageError(`--graph-url takes an https address such as ${GRAPH_URL}, not "${text}".`)
  // Without the slash at its end, the last part of the path would be replaced.
  return url.href.endsWith('/') ? url.href : `${url.href}/`
}
