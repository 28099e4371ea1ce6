import { KernelInvocation } from './kernel-invocation.ts'
import { libraryInvocation } from './library-invocation.ts'
import { takeOverServer } from './library-server.ts'
import type { RequestListener } from './library-server.ts'
import { MeetingPoint } from './meeting-point.ts'
import type { CoreInvocation, WorkerCore } from './worker-core.ts'

export interface BindOptions {
  /** Names of the functions whose handlers are the kernel's. Others get the library's request. */
  readonly kernelFunctions: ReadonlySet<string>
  /** Gets messages that belong to no invocation's log. */
  readonly report: (message: string) => void
}

/**
 * Binds the two halves of every HTTP invocation. It must be called when all functions are registered. By then the
 * library has given the worker its programming model, which is wrapped here, but has not made its server yet.
 */
export function bindHttpHalves(core: WorkerCore, { kernelFunctions, report }: BindOptions): void {
  const model = core.getProgrammingModel()
  // A worker without a model invokes nothing, so there is nothing to bind.
  if (model === undefined) return
  let server: { readonly meeting: MeetingPoint; readonly deliver: RequestListener } | undefined
  core.setProgrammingModel({
    name: model.name,
    version: model.version,
    async getCapabilities(given) {
      const { result, taken } = takeOverServer(
        () => model.getCapabilities?.(given) ?? given,
        (request, response) => server?.meeting.arrive(request, response),
      )
      if (taken !== undefined) server = { meeting: new MeetingPoint(report), deliver: taken.deliver }
      const capabilities = await result
      // Fails at the start, where it is seen, and not at the first request that is too long.
      if ('HttpUri' in capabilities && taken === undefined)
        throw new Error(
          "The HTTP server of '@azure/functions' was not found: its requests would be unbounded",
        )
      return capabilities
    },
    async getInvocationModel(invocation) {
      const { name } = invocation.metadata
      if (server !== undefined && typeof name === 'string' && kernelFunctions.has(name))
        return new KernelInvocation(invocation, server.meeting)
      const inner = await model.getInvocationModel(invocation)
      return server !== undefined && isHttp(invocation)
        ? libraryInvocation(inner, invocation.invocationId, server.meeting, server.deliver)
        : inner
    },
  })
}

function isHttp({ metadata }: CoreInvocation): boolean {
  return Object.values(metadata.bindings ?? {}).some(({ type }) => type?.toLowerCase() === 'httptrigger')
}
