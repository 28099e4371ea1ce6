import http from 'node:http'
import { expect, it } from 'vitest'
import { bindHttpHalves } from '../../../shared/functions-worker/index.ts'
import type { WorkerCore } from '../../../shared/functions-worker/index.ts'
import { KernelInvocation } from '../../../shared/functions-worker/kernel-invocation.ts'
import type {
  CoreInvocation,
  InvocationModel,
  ProgrammingModel,
} from '../../../shared/functions-worker/worker-core.ts'

const { createServer } = http
const invocation: CoreInvocation = {
  invocationId: 'one',
  metadata: { name: 'other', bindings: { req: { type: 'httpTrigger' } } },
  request: {},
  log: () => undefined,
}
const inner: InvocationModel = {
  getArguments: () => Promise.resolve({ context: {}, inputs: [] }),
  invokeFunction: () => undefined,
  getResponse: () => Promise.resolve(undefined),
}

/** The worker's module with a library whose start does what is given. */
function bindOver(getCapabilities: ProgrammingModel['getCapabilities']): ProgrammingModel {
  let model: ProgrammingModel = {
    name: 'library',
    version: '1',
    getInvocationModel: () => inner,
    ...(getCapabilities === undefined ? {} : { getCapabilities }),
  }
  const core: WorkerCore = {
    getProgrammingModel: () => model,
    setProgrammingModel: (given) => {
      model = given
    },
  }
  bindHttpHalves(core, { kernelFunctions: new Set(['route']), report: () => undefined })
  return model
}

it('changes nothing for a library that does not stream', async () => {
  const model = bindOver(undefined)
  expect(await model.getCapabilities?.({ A: 'true' })).toEqual({ A: 'true' })
  expect(await model.getInvocationModel(invocation)).toBe(inner)
  expect([model.name, model.version]).toEqual(['library', '1'])
})

it('gives the library its server with our limits, and nobody else after it', async () => {
  let made: http.Server | undefined
  const model = bindOver((given) => {
    made = http.createServer()
    made.on('request', () => undefined)
    return { ...given, HttpUri: 'http://localhost:1' }
  })
  await model.getCapabilities?.({})
  expect(made).toMatchObject({ maxHeaderSize: 65_536, maxHeadersCount: 0 })
  expect(http.createServer).toBe(createServer)
  expect(await model.getInvocationModel(invocation)).not.toBe(inner)
  const route = { ...invocation, metadata: { ...invocation.metadata, name: 'route' } }
  expect(await model.getInvocationModel(route)).toBeInstanceOf(KernelInvocation)
  const timer = { ...invocation, metadata: { bindings: { timer: { type: 'timerTrigger' } } } }
  expect(await model.getInvocationModel(timer)).toBe(inner)
})

it.each([
  ['no server is seen', () => ({ HttpUri: 'http://localhost:1' })],
  [
    'it is used in another way',
    () => {
      http.createServer()
      return { HttpUri: 'http://localhost:1' }
    },
  ],
  [
    'there are several',
    () => {
      for (const server of [http.createServer(), http.createServer()]) server.on('request', () => undefined)
      return { HttpUri: 'http://localhost:1' }
    },
  ],
])('does not let the app start unbounded when %s', async (_case, start) => {
  const model = bindOver(start)
  await expect(model.getCapabilities?.({})).rejects.toThrow(/unbounded/)
  expect(http.createServer).toBe(createServer)
})

it('leaves nothing behind when the library throws', async () => {
  const model = bindOver(() => {
    throw new Error('no port')
  })
  await expect(model.getCapabilities?.({})).rejects.toThrow('no port')
  expect(http.createServer).toBe(createServer)
})
