import { createServer } from 'node:net'
import type { Server, AddressInfo } from 'node:net'
import { afterAll, describe, expect, test } from 'vitest'
import { sendRaw, startHost, stopEverything } from './host-process.ts'

afterAll(stopEverything)

describe('the host does not start', () => {
  function takePort(): Promise<Server> {
    return new Promise((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => resolve(server))
    })
  }

  test('when the port is taken', async () => {
    const other = await takePort()
    const { port } = other.address() as AddressInfo
    const host = await startHost({ source: `console.log('APP LOADED')`, port, expectFailure: true })
    expect(await host.exited()).toBe(1)
    other.close()
    expect(host.output()).toContain(
      `port ${port} is taken (EADDRINUSE); stop the other program or choose another with --port`,
    )
    expect(host.output()).not.toContain('APP LOADED')
  })

  test.each<[why: string, request: Parameters<typeof startHost>[0], message: RegExp]>([
    [
      'when the app throws while it is loaded',
      { source: `throw new Error('no database url')` },
      /could not be loaded: .*main\.cjs threw Error: no database url/,
    ],
    [
      'when an appStart hook throws',
      { source: `app.hook.appStart(() => { throw new Error('hook broke') })` },
      /appStart hook .*hook broke/,
    ],
    [
      'when nothing matches main',
      { packageJson: { main: 'dist/*.js' } },
      /No file matches "main": "dist\/\*\.js".*build the app first/,
    ],
    ['when there is no main', { packageJson: {} }, /has no "main"/],
    ['when host.json has no version', { hostJson: {} }, /has no "version": "2\.0"/],
    [
      'when two functions have one name',
      { source: `app.http('a', { handler: () => ({}) }); app.http('a', { handler: () => ({}) })` },
      /"a" has already been registered/,
    ],
    [
      'when a flag is wrong',
      { flags: ['--activity-timeout-ms', 'soon'] },
      /must be a number.*call: node packages\/functions-host\/main\.ts/,
    ],
  ])(
    '%s',
    async (_why, request, message) => {
      const host = await startHost({ ...request, expectFailure: true })
      expect(await host.exited()).toBe(1)
      expect(host.output()).toMatch(message)
    },
    120_000,
  )
})

test('main is a pattern: all its files are loaded, modules too', async () => {
  const host = await startHost({
    packageJson: { main: 'functions-*.{cjs,mjs}' },
    files: {
      'functions-a.cjs': `require('LIBRARY').app.http('a', { handler: () => ({ body: 'a' }) })`,
      'functions-b.mjs': `import { app } from 'LIBRARY'\nawait Promise.resolve()\napp.http('b', { handler: () => ({ body: 'b' }) })`,
    },
  })
  expect(host.functions).toEqual(['a', 'b'])
  expect(await (await host.fetch('/b')).text()).toBe('b')
})

describe('hooks', () => {
  test("run in the worker's order, and the log hook may rewrite what the app writes", async () => {
    const host = await startHost({
      source: `
const order = []
app.hook.appStart(() => { order.push('appStart') })
app.hook.preInvocation((context) => { order.push('pre'); context.hookData.token = 'T'; const handler = context.functionHandler; context.functionHandler = (...inputs) => { order.push('wrapped'); return handler(...inputs) } })
app.hook.postInvocation((context) => { order.push('post ' + context.hookData.token + ' ' + String(context.error?.message)); context.error = null; context.result = { jsonBody: order } })
app.hook.appTerminate(() => { console.log('TERMINATE ' + order.length) })
app.hook.log((context) => { if (context.category === 'user') { context.message = context.message.replace('secret', '***') + ' ' + context.invocationContext.functionName; context.level = 'warning' } })
app.http('f', { route: 'f', handler: (request, context) => { order.push('handler'); context.log('a secret'); throw new Error('cleared') } })`,
    })
    const response = await host.fetch('/f')
    expect(await response.json()).toEqual(['appStart', 'pre', 'wrapped', 'handler', 'post T cleared'])
    await host.seen(/warning f \[[0-9a-f-]+\] a \*\*\* f/)
    expect(await host.stop()).toBe(0)
    expect(host.output()).toContain('TERMINATE 5')
  })

  test('levels of the app, one line for each log', async () => {
    const host = await startHost({
      source: `app.http('f', { route: 'f', handler: (request, context) => { context.debug('D'); context.info('I\\nI2'); context.warn('W'); context.error('E'); return {} } })`,
    })
    await host.fetch('/f')
    await host.seen(/ error f \[[0-9a-f-]+\] E\n/)
    expect(host.output()).toMatch(/ information f \[[0-9a-f-]+\] I \| I2\n/)
    expect(host.output()).not.toMatch(/ debug f /)
  })
})

describe('the end', () => {
  const withHook = `app.hook.appTerminate(() => { console.log('TERMINATED') })\napp.http('f', { route: 'f', handler: () => ({}) })`

  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s: appTerminate runs, exit code 0',
    async (signal) => {
      const host = await startHost({ source: withHook })
      host.process.kill(signal)
      expect(await host.exited()).toBe(0)
      expect(host.output()).toContain('TERMINATED')
    },
    120_000,
  )

  test('a parent that has ended: the same', async () => {
    const host = await startHost({ source: withHook })
    host.process.disconnect()
    expect(await host.exited()).toBe(0)
    expect(host.output()).toContain('TERMINATED')
  })

  test('an appTerminate hook that never ends is cut off, and one that throws is told', async () => {
    const host = await startHost({ source: `app.hook.appTerminate(() => new Promise(() => {}))` })
    expect(await host.stop()).toBe(0)
    expect(host.output()).toContain('took too long')
    const other = await startHost({
      source: `app.hook.appTerminate(() => { throw new Error('hook broke') })`,
    })
    expect(await other.stop()).toBe(0)
    expect(other.output()).toMatch(/appTerminate hook threw: .*hook broke/)
  })

  test.each([
    ['a throw', `setTimeout(() => { throw new Error('outside') })`],
    ['a rejection', `setTimeout(() => { void Promise.reject(new Error('outside')) })`],
  ])(
    '%s outside of any invocation ends the process with exit code 1',
    async (_what, code) => {
      const host = await startHost({
        source: `app.http('f', { route: 'f', handler: () => { ${code}; return new Promise(() => {}) } })`,
      })
      await expect(host.fetch('/f')).rejects.toThrow('fetch failed')
      expect(await host.exited()).toBe(1)
      expect(host.output()).toMatch(/uncaught exception: Error: outside/)
    },
    120_000,
  )

  test('functionTimeout ends the process, as the platform restarts the worker', async () => {
    const host = await startHost({
      source: `app.http('f', { route: 'f', handler: () => new Promise(() => {}) })`,
      environment: { AzureFunctionsJobHost__functionTimeout: '00:00:01' },
    })
    await expect(host.fetch('/f')).rejects.toThrow('fetch failed')
    expect(await host.exited()).toBe(1)
    expect(host.output()).toMatch(
      /Timeout value of 00:00:01 was exceeded by function: Functions\.f .*restarts the worker/,
    )
  })

  test('requests that are nearly done are answered, new ones are not taken', async () => {
    const host = await startHost({
      source: `app.http('f', { route: 'f', handler: async (request, context) => { context.log('BEGUN'); await new Promise((resolve) => setTimeout(resolve, 400)); return { body: 'done' } } })`,
    })
    const answer = host.fetch('/f')
    await host.seen(/BEGUN/)
    host.process.kill('SIGTERM')
    await host.seen(/Stopping \(SIGTERM\)/)
    await expect(sendRaw(host.port, 'GET /f HTTP/1.1\r\nHost: h\r\n\r\n', /HTTP/)).rejects.toThrow(/ECONN/)
    expect(await (await answer).text()).toBe('done')
    expect(await host.exited()).toBe(0)
  })
})

test('CORS is answered by the host', async () => {
  const host = await startHost({
    source: `app.http('f', { route: 'f', methods: ['GET', 'PUT'], handler: () => ({ status: 201, headers: { 'x-a': '1' } }) })`,
    flags: ['--cors', 'http://a.test,http://b.test'],
  })
  const ask = (origin: string): Promise<Response> =>
    host.fetch('/f', {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'content-type',
      },
    })
  const allowed = await ask('http://a.test')
  expect(allowed.status).toBe(204)
  expect(Object.fromEntries(allowed.headers)).toMatchObject({
    'access-control-allow-origin': 'http://a.test',
    'access-control-allow-methods': 'PUT',
    'access-control-allow-headers': 'content-type',
  })
  expect(allowed.headers.has('access-control-allow-credentials')).toBe(false)
  const refused = await ask('http://c.test')
  expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([204, null])
  const plain = await host.fetch('/f', { headers: { origin: 'http://b.test' } })
  expect([plain.status, plain.headers.get('access-control-allow-origin'), plain.headers.get('x-a')]).toEqual([
    201,
    'http://b.test',
    '1',
  ])
  expect(
    (await host.fetch('/none', { headers: { origin: 'http://b.test' } })).headers.get(
      'access-control-allow-origin',
    ),
  ).toBe('http://b.test')
})
