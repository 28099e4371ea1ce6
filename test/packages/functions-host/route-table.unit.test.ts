import { describe, expect, test } from 'vitest'
import type { HostedFunction } from '../../../packages/functions-host/function-catalog.ts'
import { compareNames, createFunctionCatalog } from '../../../packages/functions-host/function-catalog.ts'
import { createRouteTable } from '../../../packages/functions-host/route-table.ts'
import type { RouteTable } from '../../../packages/functions-host/route-table.ts'
import { createHostLog } from '../../../packages/functions-host/log.ts'
import { createWorkerApp } from '../../../packages/functions-host/worker-app.ts'

function httpFunction(
  name: string,
  route: string | undefined,
  methods: string[] = ['GET', 'POST'],
): HostedFunction {
  const trigger = {
    type: 'httpTrigger',
    authLevel: 'anonymous',
    methods,
    ...(route === undefined ? {} : { route }),
  }
  const metadata = { name, bindings: { trigger } }
  return {
    name,
    registered: { metadata, callback: () => undefined },
    triggerName: 'trigger',
    trigger,
    triggerType: 'httptrigger',
    disabled: false,
  }
}

function tableOf(prefix: string, ...functions: HostedFunction[]): RouteTable {
  const table = createRouteTable(prefix)
  for (const fn of functions) table.add(fn)
  return table
}

function served(table: RouteTable, method: string, path: string): string | undefined {
  return table.match(method, path)?.route.fn.name
}

describe('order', () => {
  test('the first function by name wins, whatever is more specific', () => {
    const table = tableOf('', httpFunction('recent', 'items/recent'), httpFunction('aGet', 'items/{id}'))
    expect(served(table, 'GET', '/items/recent')).toBe('aGet')
  })

  test('names are ordered without regard to case, by upper-case code units', () => {
    expect(['b', 'A', '_c', 'C', 'a1', 'a-1'].sort(compareNames)).toEqual(['A', 'a-1', 'a1', 'b', 'C', '_c'])
  })

  test('constraints tell templates apart', () => {
    const table = tableOf(
      '',
      httpFunction('byGuid', 'items/{id:guid}'),
      httpFunction('byInt', 'items/{id:int:min(10)}'),
    )
    expect(served(table, 'GET', '/items/6f9619ff-8b86-d011-b42d-00c04fc964ff')).toBe('byGuid')
    expect(served(table, 'GET', '/items/12')).toBe('byInt')
    expect(served(table, 'GET', '/items/5')).toBeUndefined()
  })
})

describe('method and route', () => {
  test('a method that is not listed is no match, and the next function is tried', () => {
    const table = tableOf('', httpFunction('aGet', 'x', ['GET']), httpFunction('bPut', 'x', ['PUT']))
    expect(served(table, 'GET', '/x')).toBe('aGet')
    expect(served(table, 'PUT', '/x')).toBe('bPut')
    expect(served(table, 'HEAD', '/x')).toBeUndefined()
  })

  test('the prefix stands in front; without a route the name of the function is the route', () => {
    const table = tableOf('v1', httpFunction('hello', undefined))
    expect(served(table, 'GET', '/v1/hello')).toBe('hello')
    expect(served(table, 'GET', '/hello')).toBeUndefined()
  })
})

describe('functions in error', () => {
  test('the same template with a common method', () => {
    const table = tableOf('', httpFunction('first', 'x/{id}', ['GET']))
    expect(() => table.add(httpFunction('second', '/X/{ID}/', ['POST', 'GET']))).toThrow(
      "defined by function 'first'",
    )
    expect(() => table.add(httpFunction('third', 'x/{id}', ['PUT']))).not.toThrow()
  })

  test.each(['admin/x', 'administrators', 'runtime', '/Admin'])('the reserved route %s', (route) => {
    expect(() => tableOf('api', httpFunction('f', route))).toThrow(
      'conflicts with one or more built in routes',
    )
  })

  test('a name the platform refuses, and a function without a trigger', () => {
    const app = createWorkerApp(createHostLog(new Map(), { write: () => true }))
    app.registerFunction(
      { name: '1st', bindings: { t: { type: 'httpTrigger', direction: 'in' } } },
      () => undefined,
    )
    app.registerFunction(
      { name: 'none', bindings: { o: { type: 'queue', direction: 'out' } } },
      () => undefined,
    )
    const catalog = createFunctionCatalog(app, {})
    expect(catalog.problems.map(({ functionName }) => functionName)).toEqual(['1st', 'none'])
  })
})

test('a function is disabled by its setting', () => {
  const app = createWorkerApp(createHostLog(new Map(), { write: () => true }))
  for (const name of ['a', 'b', 'c', 'd']) {
    app.registerFunction(
      { name, bindings: { t: { type: 'timerTrigger', direction: 'in' } } },
      () => undefined,
    )
  }
  const settings = {
    'AzureWebJobs.a.Disabled': 'True',
    AzureWebJobs_b_Disabled: '1',
    'AzureWebJobs.c.Disabled': 'false',
  }
  const disabled = createFunctionCatalog(app, settings).functions.filter((fn) => fn.disabled)
  expect(disabled.map((fn) => fn.name)).toEqual(['a', 'b'])
})
