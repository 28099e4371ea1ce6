import { join } from 'node:path'
import { stop } from 'esbuild'
import { buildApp } from '../../tools/build.ts'

export interface Bundles {
  /** Folder of the app as it is deployed. */
  readonly ours: string
  /** Folder of the app of one route. */
  readonly oneRoute: string
}

/** Builds both apps with the same build. Then ends the build's helper process, which could disturb the measurements. */
export async function buildBundles(scratchFolder: string): Promise<Bundles> {
  try {
    const ours = await buildApp({ outFolder: join(scratchFolder, 'ours') })
    const oneRoute = await buildApp({
      outFolder: join(scratchFolder, 'one-route'),
      entry: 'bench/one-route/app.ts',
    })
    return { ours: ours.outFolder, oneRoute: oneRoute.outFolder }
  } finally {
    await stop()
  }
}
