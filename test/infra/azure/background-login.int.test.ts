import { cp, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CompiledTemplate, hasBicep, requireBicep } from '../../support/bicep-cli.ts'
import { principalOf } from './made-up-values.ts'
import { snapshotIn } from './snapshots.ts'
import type { SnapshotResource } from './snapshots.ts'
import { asObject, at, fileOf, ofType, required, stringOf, targetOf } from './support.ts'

requireBicep()

const RECEIVER = '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0'

/** What a deployment with a Service Bus makes where a file of infra/ says something else. */
async function madeWith(
  file: string,
  change: (content: object) => object,
): Promise<readonly SnapshotResource[]> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'trickle-infra-'))
  await cp(fileOf('infra'), folder.path, { recursive: true })
  const path = join(folder.path, file)
  await writeFile(path, JSON.stringify(change(JSON.parse(await readFile(path, 'utf8')) as object)))
  const template = await CompiledTemplate.of(join(folder.path, 'main.bicep'))
  try {
    const outcome = await template.try({ ...required, size: 'dev', serviceBusTier: 'Standard' })
    if ('refusal' in outcome) throw new Error(outcome.refusal)
    return snapshotIn(outcome.snapshot).resources
  } finally {
    await template.close()
  }
}

function backgroundAppOf(plan: readonly SnapshotResource[]) {
  const site = ofType(plan, 'Microsoft.Web/sites').find(({ name }) => name.startsWith('func-background-'))
  const settings = plan.find(({ name }) => name === `${site?.name}/appsettings`)
  const identities = asObject(at(site ?? { body: {} }, 'identity.userAssignedIdentities'))
  return {
    identities: Object.keys(identities).map((id) => /id-([a-z-]+)-\w{13}$/.exec(id)?.[1]),
    settings: asObject(at(settings ?? { body: {} }, 'properties')),
  }
}

/** Queues from which the login of tenants may receive. */
function receivesFrom(plan: readonly SnapshotResource[]): (string | undefined)[] {
  const app = ofType(plan, 'Microsoft.ManagedIdentity/userAssignedIdentities').find(({ name }) =>
    name.startsWith('id-app-'),
  )
  return ofType(plan, 'Microsoft.Authorization/roleAssignments')
    .filter(
      (right) =>
        at(right, 'properties.principalId') === principalOf(app?.id ?? '') &&
        stringOf(at(right, 'properties.roleDefinitionId')).endsWith(RECEIVER),
    )
    .map((right) => targetOf(right).split('/').at(-1))
}

describe.skipIf(!hasBicep())('the background app has the login of tenants', () => {
  it.each([
    [
      'where a context writes there',
      'background-app.json',
      (content: object) => ({ ...content, hasLoginOfTenants: true }),
    ],
    [
      'where a context receives from a queue',
      'service-bus/queues.json',
      (content: object) => ({ ...content, ofContexts: ['trickle-commands'] }),
    ],
  ])('%s: identity, login and the connection to receive by', async (_, file, change) => {
    const plan = await madeWith(file, change)
    const { identities, settings } = backgroundAppOf(plan)
    expect(new Set(identities)).toEqual(
      new Set(['platform-background', 'worker', 'forwarder', 'operator', 'app']),
    )
    expect(stringOf(settings['TRICKLE_POSTGRES_APP_URL'])).toMatch(/^postgres:\/\/trickle_app@/)
    expect(settings['TRICKLE_POSTGRES_APP_CLIENT_ID']).toBe(settings['ServiceBusConnection__clientId'])
    expect(settings['ServiceBusConnection__credential']).toBe('managedidentity')
    expect(receivesFrom(plan)).toEqual(['trickle-commands'])
  })

  it('nowhere else', async () => {
    const plan = await madeWith('background-app.json', (content) => content)
    const { identities, settings } = backgroundAppOf(plan)
    expect(identities).not.toContain('app')
    expect(Object.keys(settings)).not.toContain('TRICKLE_POSTGRES_APP_URL')
    expect(receivesFrom(plan)).toEqual([])
  })
})
