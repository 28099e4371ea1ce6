import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DeploymentRefused, parseBicep, planDeployment, readBicep, Template, textOf } from './index.ts'
import type { Given } from './index.ts'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'trickle-bicep-files-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

const MAIN = `
targetScope = 'subscription'
@description('which')
@allowed(['small', 'large'])
param size string = 'small'
param network 'public' | 'private' = 'public'
param servers {
  name: string
  @minLength(2)
  place: string?
}[] = []
var rules = loadJsonContent('rules.json')[size]
var problems = filter([
  rules.count == 1 && length(servers) > 1 ? 'size \${size}: too many' : ''
], problem => !empty(problem))
func nameOf(name string, at int) string => '\${name}-\${at}'
resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: empty(problems) ? 'rg' : fail(join(problems, ' '))
}
module one 'one.bicep' = [for (server, at) in servers: if (server.name != 'left-out') {
  scope: group
  params: { name: nameOf(server.name, at), place: server.?place ?? 'here', count: rules.count }
}]
module hidden 'one.bicep' = if (network == 'private') {
  params: { name: 'hidden', place: 'there', count: 1 }
}
output first string = empty(servers) ? '' : one[0].outputs.host
output maybe string = hidden.?outputs.host ?? 'none'
`

const ONE = `
param name string
param place string
param count int
resource existing 'A.B/others@1' existing = { name: 'other' }
@batchSize(1)
resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' = {
  name: name
  location: place
  properties: { copies: [for each in range(0, count): each], peer: existing.id, wide: false }
  resource database 'databases' = {
    name: 'inner'
    dependsOn: [existing]
    resource table 'tables@2' = { name: 'deep', properties: { of: server::database.name } }
  }
}
resource right 'Microsoft.Authorization/roleAssignments@1' = {
  scope: server::database
  name: guid(server.id, name)
}
output host string = server.properties.fullyQualifiedDomainName
`

const main = (given: Given = {}): Template => new Template(readBicep(join(folder, 'main.bicep')), given)
const plan = (given: Given) => planDeployment(join(folder, 'main.bicep'), given)

describe('a Bicep file', () => {
  beforeEach(() => {
    write('main.bicep', MAIN)
    write('one.bicep', ONE)
    write('rules.json', '{"small": {"count": 1}, "large": {"count": 2}}')
  })

  it('has parameters with types and defaults', () => {
    expect(main().parameter('size')).toBe('small')
    expect(main({ size: 'large' }).variable('rules')).toEqual({ count: 2 })
    expect(() => main({ size: 'huge' })).toThrow(/size can't be "huge"/)
    expect(() => main({ network: 'open' })).toThrow(/network can't be "open"/)
    expect(() => main({ servers: [{ place: 'x' }] })).toThrow(/servers can't be/)
    expect(() => main({ servers: [{ name: 'x', other: 1 }] })).toThrow(/servers can't be/)
    expect(() => main({ unknown: 1 })).toThrow(/has no parameter unknown/)
    expect(() => new Template(readBicep(join(folder, 'one.bicep')), {})).toThrow(
      /the parameter name is required/,
    )
  })

  it('is planned with its modules, turn by turn', () => {
    const servers = [{ name: 'a', place: 'west' }, { name: 'left-out' }, { name: 'c' }]
    const planned = plan({ size: 'large', servers })
    expect(planned.map(({ path }) => path)).toEqual([
      'group',
      'one[0]/server::database::table',
      'one[0]/server::database',
      'one[0]/server',
      'one[0]/right',
      'one[2]/server::database::table',
      'one[2]/server::database',
      'one[2]/server',
      'one[2]/right',
    ])
    expect(planned.find(({ path }) => path === 'one[2]/server')).toMatchObject({
      type: 'Microsoft.DBforPostgreSQL/flexibleServers',
      version: '2025-08-01',
      name: 'c-2',
      body: { location: 'here', properties: { copies: [0, 1] } },
      decorators: [{ name: 'batchSize' }],
    })
    const [table] = planned.filter(({ path }) => path === 'one[0]/server::database::table')
    expect(table).toMatchObject({
      type: 'Microsoft.DBforPostgreSQL/flexibleServers/databases/tables',
      version: '2',
      parent: 'server::database',
      body: { properties: { of: 'inner' } },
    })
    expect(planned.find(({ path }) => path === 'one[0]/right')?.scope).toBe('server::database')
  })

  it('knows ids, names and hosts before they are there, and nothing that it is not told', () => {
    const [server] = plan({ servers: [{ name: 'a' }] }).filter(({ path }) => path.endsWith('server'))
    const { peer } = (server?.body['properties'] ?? {}) as { peer?: string }
    expect(peer).toMatch(/^\/subscriptions\/.*\/providers\/A\.B\/others\/other$/)
    expect(main({ servers: [{ name: 'a' }] }).output('first')).toBe('a-0.postgres.database.azure.com')
    expect(textOf(main().lookUp('group') ?? null)).toBe('{group}')
  })

  it('leaves out what has no turn, also for those who ask safely', () => {
    expect(main().output('maybe')).toBe('none')
    expect(main({ network: 'private' }).output('maybe')).toBe('hidden.postgres.database.azure.com')
  })

  it('is refused by its own fail()', () => {
    const servers = [{ name: 'a' }, { name: 'b' }]
    expect(main({ servers }).variable('problems')).toEqual(['size small: too many'])
    expect(() => plan({ servers })).toThrow(DeploymentRefused)
    expect(plan({ servers, size: 'large' })).not.toEqual([])
  })

  it('gives modules what they declare, or is told what is wrong', () => {
    write('one.bicep', ONE.replace('param place string', 'param place int'))
    expect(() => planDeployment(write('again.bicep', MAIN), { servers: [{ name: 'a' }] })).toThrow(
      /place can't be "here"/,
    )
  })
})

describe('what is no Bicep', () => {
  it.each([
    ['surprise x = 1', /line 1: expected|'surprise' is not read/],
    ['param x', /expected a type/],
    ["\nresource x 'y' = ", /line 2: expected/],
    ['var x = 1 var y = 2', /expected a new line, found 'var'/],
    ['param x string = "a"', /unexpected character/],
  ])('%s is refused with file and line', (text, message) => {
    expect(() => parseBicep('some.bicep', text)).toThrow(message)
    expect(() => parseBicep('some.bicep', text)).toThrow(/^some\.bicep line /)
  })

  it('is a variable that needs itself', () => {
    const file = write('circle.bicep', 'var a = b\nvar b = a\n')
    expect(() => new Template(readBicep(file), {}).variable('a')).toThrow(/depends on itself/)
  })
})
