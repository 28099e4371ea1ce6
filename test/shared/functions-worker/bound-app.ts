/** An app whose HTTP halves are bound as the product's are, as the text of a CommonJS file. */
import { fileURLToPath } from 'node:url'

const door = fileURLToPath(new URL('../../../shared/functions-worker/index.ts', import.meta.url))

export const boundApp = `
const { bindHttpHalves, findWorkerCore } = require(${JSON.stringify(door)})
app.setup({ enableHttpStream: true })
app.http('ok', { methods: ['GET'], route: 'ok', handler: (request) => ({
  jsonBody: { query: request.url.length, header: (request.headers.get('x-long') ?? '').length },
}) })
app.http('echo', { methods: ['POST'], route: 'echo', handler: async (request) => ({ body: await request.text() }) })
app.http('slow', { methods: ['GET'], route: 'slow', handler: async () => {
  await new Promise((resolve) => setTimeout(resolve, 200))
  return { body: 'done' }
} })
const core = findWorkerCore()
app.http('throws', { methods: ['GET'], route: 'throws', handler: () => { throw new Error('a secret') } })
app.http('nothing', { methods: ['GET'], route: 'nothing', handler: () => undefined })
app.http('no-response', { methods: ['GET'], route: 'no-response', handler: () => 'text' })
app.http('wrong-header', { methods: ['GET'], route: 'wrong-header', handler: () => ({ headers: { 'x y': 'a' } }) })
app.http('breaks-off', { methods: ['GET'], route: 'breaks-off', handler: () => ({ body: (async function* () {
  yield 'a part'
  throw new Error('no more')
})() }) })
const kernelFunctions = new Set()
const route = (name, methods, handler) => {
  kernelFunctions.add(name)
  app.http(name, { methods, route: name.replace('-', '/'), handler })
}
const headers = { 'content-type': 'application/json' }
route('kernel-ok', ['GET'], async (request) => ({ status: 200, headers, body: JSON.stringify({
  query: request.url.length,
  header: (request.headers.get('x-long') ?? '').length,
  params: request.params,
  names: [...request.headers].map(([name]) => name),
}) }))
route('kernel-echo', ['POST'], async (request) => {
  const parts = []
  const reader = request.body.getReader()
  for (let part = await reader.read(); !part.done; part = await reader.read()) parts.push(part.value)
  return { status: 200, headers: {}, body: Buffer.concat(parts) }
})
route('kernel-slow', ['GET'], async () => {
  await new Promise((resolve) => setTimeout(resolve, 200))
  return { status: 200, headers: {}, body: 'done' }
})
route('kernel-throws', ['GET'], async () => { throw new Error('a secret') })
route('kernel-nothing', ['GET'], async () => ({ status: 204, headers: {} }))
route('kernel-no-response', ['GET'], async () => undefined)
route('kernel-wrong-header', ['GET'], async () => ({ status: 200, headers: { 'x y': 'a' } }))
route('kernel-breaks-off', ['GET'], async () => ({ status: 200, headers: {}, body: (async function* () {
  yield 'a part'
  throw new Error('no more')
})() }))
bindHttpHalves(core, { kernelFunctions, report: (message) => console.log('REPORT ' + message) })
const model = core.getProgrammingModel()
core.setProgrammingModel(Object.assign(Object.create(model), { getCapabilities: async (given) => {
  const capabilities = await model.getCapabilities(given)
  console.log('LIBRARY ' + new URL(capabilities.HttpUri).port)
  return capabilities
} }))
`
