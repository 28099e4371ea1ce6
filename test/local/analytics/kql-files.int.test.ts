import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startEngine } from './engine.ts'
import type { Engine } from './engine.ts'
import { ask } from './harness.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let engine: Engine
let url: string

beforeAll(async () => {
  engine = await startEngine()
  ;({ url } = engine)
})

afterAll(() => engine?.close())

describe('the files of infra/kql', () => {
  test('make tables, mapping, view and policies', async () => {
    expect(await ask(url, ".show tables | where TableName == 'EventsRaw' | count")).toEqual([{ Count: 1 }])
    const [schema] = await ask(url, '.show table EventsRaw cslschema')
    expect(schema?.['Schema']).toMatch(/^TenantId:string,.*Payload:dynamic/u)
    expect(await ask(url, '.show table EventsRaw ingestion json mappings')).toMatchObject([
      { Name: 'EventsJson', Kind: 'Json', Table: 'EventsRaw' },
    ])
    expect(await ask(url, '.show materialized-views')).toMatchObject([
      { Name: 'Events', SourceTable: 'EventsRaw' },
    ])
    const policies = [
      ['.show column EventsRaw.Payload policy encoding', 'BigObject'],
      ['.show table EventsRaw policy ingestionbatching', 'MaximumBatchingTimeSpan'],
      ['.show table EventsRaw policy extent_tags_retention', 'ingest-by:'],
    ]
    for (const [command = '', part = ''] of policies) {
      const [policy] = await ask(url, command)
      expect(policy?.['Policy']).toContain(part)
    }
  })

  test('change nothing when they run again', async () => {
    const before = await ask(url, '.show table EventsRaw cslschema')
    await engine.runKqlFiles()
    ;({ url } = engine)
    expect(await ask(url, '.show table EventsRaw cslschema')).toEqual(before)
  })
})
