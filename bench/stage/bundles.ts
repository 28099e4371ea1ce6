import { join } from 'node:path'
import { stop } from 'esbuild'
import { buildApp } from '../../tools/build.ts'

/** The apps that are compared, made by the same build. Each name is that of its folder in this one. */
const apps = {
  /** Ours, as it is deployed. */
  ours: undefined,
  /** A route of the library that does nothing. */
  oneRoute: 'bench/one-route/app.ts',
  /** A route of our kernel that does nothing. */
  kernelRoute: 'bench/kernel-route/app.ts',
  /** A bare node:http server behind the same front. */
  bareServer: 'bench/bare-server/app.ts',
} as const satisfies Record<string, string | undefined>

export type BundleName = keyof typeof apps

/** Folders of the apps. */
export type Bundles = Readonly<Record<BundleName, string>>

/** Builds all apps. Then ends the build's helper process, which could disturb the measurements. */
export async function buildBundles(scratchFolder: string): Promise<Bundles> {
  try {
    const folders: Partial<Record<BundleName, string>> = {}
    for (const name of Object.keys(apps) as BundleName[]) {
      const entry = apps[name]
      const outFolder = join(scratchFolder, name)
      const built = await buildApp({ outFolder, ...(entry === undefined ? {} : { entry }) })
      folders[name] = built.outFolder
    }
    return folders as Bundles
  } finally {
    await stop()
  }
}
