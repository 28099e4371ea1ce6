import { describe, expect, it } from 'vitest'
import { apiInfo, noPlatform, product } from '../../functions/product.ts'
import { buildOpenApiDocument } from '../../shared/http/index.ts'

interface Schema {
  readonly $ref?: string
  readonly properties?: Readonly<Record<string, { readonly description?: string }>>
}
interface Operation {
  readonly operationId: string
  readonly parameters?: readonly { readonly in: string; readonly name: string }[]
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>
  >
}
interface Document {
  readonly tags: readonly { readonly name: string; readonly description?: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

const { routes } = product().triggersOn(noPlatform)
const document = (await buildOpenApiDocument(routes, apiInfo())) as Document
const operations = Object.values(document.paths).flatMap((item) => Object.values(item))

function successesOf({ operationId, responses }: Operation) {
  return Object.entries(responses)
    .filter(([status]) => status.startsWith('2'))
    .map(([status, { content = {} }]) => ({ answer: `${operationId} ${status}`, content }))
}
const successes = operations.flatMap(successesOf)

const resolved = (schema: Schema): Schema =>
  schema.$ref === undefined
    ? schema
    : (document.components.schemas[schema.$ref.replace('#/components/schemas/', '')] ?? {})

describe('the reference of the product', () => {
  it('says of every tag what is under it: a context gives its tags in defineContext', () => {
    expect(document.tags.length).toBeGreaterThan(3)
    expect(document.tags.filter(({ description = '' }) => description === '')).toEqual([])
  })

  it('has one type for each success, so that what a client reads of it compiles', () => {
    expect(successes.length).toBeGreaterThan(20)
    expect(successes.filter(({ content }) => Object.keys(content).length > 1)).toEqual([])
  })

  it('says of every page where its end is, by one rule', () => {
    const pages = successes.flatMap(({ answer, content }) => {
      const next = Object.values(content).map(({ schema }) => resolved(schema).properties?.['next'])[0]
      return next === undefined ? [] : [{ answer, rule: next.description }]
    })
    expect(pages.length).toBeGreaterThan(4)
    const rule = 'Where the next page begins. At the end it is null, or the same as the request sent.'
    expect(pages.filter((page) => page.rule !== rule)).toEqual([])
  })

  it('names request headers as their standards do', () => {
    const headers = operations.flatMap(({ parameters = [] }) =>
      parameters.filter((one) => one.in === 'header'),
    )
    expect(headers.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['Consistency-Token', 'Idempotency-Key', 'If-None-Match', 'Last-Event-ID']),
    )
  })
})
