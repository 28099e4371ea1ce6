import { createHash } from 'node:crypto'

/** A guid that is the same for the same text. */
function guidOf(text: string): string {
  const hash = createHash('sha256').update(text).digest('hex')
  const parts = [hash.slice(0, 8), hash.slice(8, 12), `4${hash.slice(13, 16)}`, `8${hash.slice(17, 20)}`]
  return [...parts, hash.slice(20, 32)].join('-')
}

/** What only Azure knows of a resource, in Azure's form, by its type and the property. */
const ofAzure: Readonly<Record<string, Readonly<Record<string, (name: string, id: string) => string>>>> = {
  'Microsoft.DBforPostgreSQL/flexibleServers': {
    fullyQualifiedDomainName: (name) => `${name}.postgres.database.azure.com`,
  },
  'Microsoft.ManagedIdentity/userAssignedIdentities': {
    clientId: (_name, id) => clientOf(id),
    principalId: (_name, id) => principalOf(id),
  },
  'Microsoft.Web/sites': { defaultHostName: (name) => `${name}.azurewebsites.net` },
  'Microsoft.ServiceBus/namespaces': {
    serviceBusEndpoint: (name) => `https://${name}.servicebus.windows.net:443/`,
  },
  'Microsoft.Storage/storageAccounts': {
    'primaryEndpoints.blob': (name) => `https://${name}.blob.core.windows.net/`,
  },
  'Microsoft.Kusto/clusters': { uri: (name) => `https://${name}.westeurope.kusto.windows.net` },
  'Microsoft.Insights/components': {
    ConnectionString: (name) => `InstrumentationKey=${guidOf(name)};IngestionEndpoint=https://example.com/`,
  },
  'Microsoft.KeyVault/vaults/keys': { keyUri: (name) => `https://example.vault.azure.net/keys/${name}` },
}

/** The object id that an identity has here, by its resource id. */
export const principalOf = (identityId: string): string => guidOf(`principal of ${identityId}`)

/** The application id that an identity has here, by its resource id. */
export const clientOf = (identityId: string): string => guidOf(`client of ${identityId}`)

/** The type in a resource id, as in `Microsoft.Storage/storageAccounts`. */
export function typeOfId(id: string): string {
  const [provider = '', ...rest] = (id.split('/providers/').at(-1) ?? '').split('/')
  return [provider, ...rest.filter((_, position) => position % 2 === 0)].join('/')
}

/** A text of the template language: in single quotes, which are doubled inside. */
const TEXT = `'(?:[^']|'')*'`
const VALUE = `(?:${TEXT}|\\d+)`

const unquoted = (text: string): string =>
  text.startsWith("'") ? text.slice(1, -1).replaceAll("''", "'") : text
const valuesIn = (list: string): string[] =>
  [...list.matchAll(new RegExp(VALUE, 'g'))].map(([value]) => unquoted(value))

/** Each replaces the innermost call of one function by its value. */
const steps: readonly [call: RegExp, value: (found: readonly string[]) => string | undefined][] = [
  [
    new RegExp(`\\breference\\((${TEXT}), ${TEXT}\\)((?:\\.\\w+)+)`),
    ([, id = '', property = '']) => {
      const name = unquoted(id).split('/').at(-1) ?? ''
      return ofAzure[typeOfId(unquoted(id))]?.[property.slice(1)]?.(name, unquoted(id))
    },
  ],
  [
    new RegExp(`\\bformat\\((${TEXT})((?:, ${VALUE})*)\\)`),
    ([, form = '', list = '']) => {
      const values = valuesIn(list)
      return unquoted(form).replaceAll(/\{(\d+)\}/g, (_, place: string) => values[Number(place)] ?? '')
    },
  ],
  [
    new RegExp(`\\breplace\\((${TEXT}, ${TEXT}, ${TEXT})\\)`),
    ([, list = '']) => {
      const [text = '', old = '', young = ''] = valuesIn(list)
      return text.replaceAll(old, young)
    },
  ],
  [
    new RegExp(`\\bsplit\\((${TEXT}, ${TEXT})\\)\\[(\\d+)\\]`),
    ([, list = '', place = '']) => {
      const [text = '', separator = ''] = valuesIn(list)
      return text.split(separator)[Number(place)]
    },
  ],
]

/** Whether a text of a snapshot is an expression: a call in brackets. A list in JSON begins with a bracket, too. */
export const isExpression = (text: string): boolean => /^\[[A-Za-z]\w*\(.*\]$/s.test(text)

/**
 * A text of a snapshot with made-up values for what only Azure knows, so that a setting can be parsed as the app parses it.
 * An expression with anything else in it stays as it is.
 */
export function filled(text: string): string {
  if (!isExpression(text)) return text
  let expression = text.slice(1, -1)
  for (let isChanged = true; isChanged;) {
    isChanged = false
    for (const [call, valueOf] of steps) {
      const found = call.exec(expression)
      const value = found === null ? undefined : valueOf(found)
      if (found === null || value === undefined) continue
      expression = expression.replace(found[0], () => quoted(value))
      isChanged = true
    }
  }
  return new RegExp(`^${TEXT}$`).test(expression) ? unquoted(expression) : text
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`
