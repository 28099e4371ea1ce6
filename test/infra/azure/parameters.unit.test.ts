import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { shapes, snapshotOf, template } from './snapshots.ts'
import { fileOf, jsonOfFile, required, textOfFile } from './support.ts'

const { parameters: written } = z
  .object({ parameters: z.record(z.string(), z.strictObject({ value: z.string() })) })
  .parse(jsonOfFile('infra/main.parameters.json'))

/** `${NAME=default}`; without `=` there is no default, and azd asks. */
const given = Object.entries(written).map(([name, { value }]) => {
  const [, variable, initial] = /^\$\{([A-Z][A-Z0-9_]*)(?:=([^}]*))?\}$/.exec(value) ?? []
  return { name, variable, initial }
})

/** As the compiler has them. */
const declared = z
  .record(z.string(), z.looseObject({ type: z.string(), defaultValue: z.unknown().optional() }))
  .parse(template.parameters)

const azure = z
  .looseObject({
    metadata: z.object({ template: z.string() }),
    infra: z.object({ provider: z.literal('bicep'), path: z.string(), module: z.string() }),
    services: z.record(z.string(), z.looseObject({ project: z.string() })),
    hooks: z.record(z.string(), z.object({ run: z.string(), kind: z.string(), dir: z.string() })),
    pipeline: z.object({ provider: z.literal('github'), variables: z.array(z.string()) }),
  })
  .parse(parse(textOfFile('azure.yaml')))

/** What azd sets by itself, in the environment and in a pipeline. */
const OF_AZD = ['AZURE_ENV_NAME', 'AZURE_LOCATION', 'AZURE_PRINCIPAL_TYPE']

describe('main.parameters.json', () => {
  it('gives each parameter of main.bicep, and no other', () => {
    // The account that deploys is known to Azure itself, so there is nothing to give.
    const wanted = Object.keys(declared).filter((name) => name !== 'principalId')
    expect(given.map(({ name }) => name).toSorted()).toEqual(wanted.toSorted())
  })

  it('takes each value from one variable', () => {
    for (const { name, variable } of given) expect([name, variable]).toEqual([name, expect.any(String)])
    expect(new Set(given.map(({ variable }) => variable)).size).toBe(given.length)
  })

  it('has the default of main.bicep where there is one, since an unset variable would be an empty text', () => {
    for (const { name, initial } of given) {
      const { type = '', defaultValue } = declared[name] ?? {}
      expect([name, initial === undefined]).toEqual([name, defaultValue === undefined])
      const value = initial === undefined ? undefined : valueOf(initial, type)
      expect([name, value]).toEqual([name, defaultValue])
    }
  })

  it('leaves to be asked for what nobody can guess, and nothing else', () => {
    expect(
      given
        .filter(({ initial }) => initial === undefined)
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(Object.keys(required).toSorted())
  })
})

/** As azd does: text for a parameter that is a text, JSON for any other. */
const valueOf = (text: string, type: string): unknown => (type === 'string' ? text : JSON.parse(text))

describe('azure.yaml', () => {
  it('names the template as package.json names the product, with its version', () => {
    const product = z
      .object({ name: z.string(), version: z.string() })
      .parse(JSON.parse(textOfFile('package.json')))
    expect(azure.metadata.template).toBe(`${product.name}@${product.version}`)
  })

  it('names files and folders that are there', () => {
    expect(existsSync(join(fileOf(azure.infra.path), `${azure.infra.module}.bicep`))).toBe(true)
    expect(existsSync(join(fileOf(azure.infra.path), `${azure.infra.module}.parameters.json`))).toBe(true)
    for (const { project } of Object.values(azure.services))
      expect(existsSync(fileOf(join(project, 'package.json')))).toBe(true)
    for (const { run, dir } of Object.values(azure.hooks))
      expect(existsSync(join(fileOf(dir), run))).toBe(true)
    expect(Object.keys(azure.hooks).toSorted()).toEqual(['postprovision', 'preprovision'])
  })

  it('starts hooks as plain JavaScript, which downloads nothing', () => {
    for (const { run, kind } of Object.values(azure.hooks))
      expect([run.endsWith('.mjs'), kind]).toEqual([true, 'js'])
  })

  it('hands every variable on to the pipeline', () => {
    const variables = given.map(({ variable = '' }) => variable).filter((name) => !OF_AZD.includes(name))
    expect(azure.pipeline.variables.toSorted()).toEqual(variables.toSorted())
  })
})

describe('outputs of main.bicep', () => {
  const outputs = Object.keys(template.outputs)
  const folder = fileOf('infra/hooks')
  const hooks = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n')

  /** Read by azd itself, by tests and people; not by a hook. */
  const FOR_OTHERS = [
    'AZURE_FUNCTION_NAME',
    'AZURE_BACKGROUND_FUNCTION_NAME',
    'SERVICE_API_URI',
    'SERVICE_BACKGROUND_URI',
    'POSTGRES_POOLED_PORT',
    'SERVICE_BUS_NAMESPACE',
    'ANALYTICS_URL',
    'TRICKLE_SIZE',
    'TRICKLE_NETWORK',
  ]

  /** Of the azd environment, known before the template has run. */
  const KNOWN_BEFORE = [
    'AZURE_SUBSCRIPTION_ID',
    'AZURE_TENANT_ID',
    'AZURE_ENV_NAME',
    'AZURE_PRINCIPAL_TYPE',
    'AZURE_CLIENT_ID',
    'AZURE_LOCATION',
  ]

  it('are what the hooks read', () => {
    const readNames = new Set(
      [...hooks.matchAll(/'((?:AZURE|POSTGRES|IDENTITY|SERVICE|ANALYTICS)_[A-Z_]+)'/g)].map(
        ([, name = '']) => name,
      ),
    )
    const identities = [...hooks.matchAll(/`IDENTITY_\$\{[^}]*\}_PRINCIPAL_ID`/g)].length > 0
    const unknown = [...readNames].filter((name) => !outputs.includes(name) && !KNOWN_BEFORE.includes(name))
    expect(unknown).toEqual([])
    const unread = outputs.filter(
      (name) =>
        !readNames.has(name) && !FOR_OTHERS.includes(name) && !(identities && name.startsWith('IDENTITY_')),
    )
    expect(unread).toEqual([])
  })

  it('can all be told, for any deployment', () => {
    for (const name of outputs) expect([name, template.outputs[name]]).toEqual([name, 'string'])
    for (const shape of shapes) {
      const told = snapshotOf(shape).outputs
      expect(outputs.filter((name) => typeof told[name] !== 'string')).toEqual([])
    }
  })

  it('hold no secret', () => {
    for (const name of outputs) expect(name).not.toMatch(/KEY|SECRET|PASSWORD|CONNECTION/)
  })
})
