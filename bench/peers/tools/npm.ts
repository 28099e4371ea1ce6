import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A slow network needs a minute. A network that does not answer must not stop the run for ever. */
const INSTALL_WITHIN_MS = 180_000

/**
 * The npm packages of the peers, with the packages that they need. The versions are fixed, since a figure must name the
 * version that it holds for.
 */
export const peerPackages = {
  '@event-driven-io/emmett': '0.42.0',
  '@event-driven-io/emmett-postgresql': '0.42.0',
  '@event-driven-io/pongo': '0.16.11',
  '@eventide/message-db': '1.3.1',
} as const

export type PeerPackage = keyof typeof peerPackages

/** The place of a tool, or the reason why it was not found. */
export type Found<Place> = { readonly place: Place } | { readonly missing: string }

/**
 * Installs the peers' packages that the folder does not have. They are not in package.json, since the product does not
 * use them: their security updates don't concern it. Their install scripts are not run.
 * @returns null, or why it could not be done, for example because the registry can't be reached
 */
export async function installPeers(
  folder: string,
  packages: Readonly<Record<string, string>> = peerPackages,
): Promise<string | null> {
  const wanted = await missingOf(folder, packages)
  if (wanted.length === 0) return null
  await mkdir(folder, { recursive: true })
  // Without a package.json in this folder npm would use that of a parent folder.
  const packageFile = join(folder, 'package.json')
  if (!existsSync(packageFile)) await writeFile(packageFile, '{ "private": true }\n')
  const flags = ['--no-package-lock', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts']
  const all = Object.entries(packages).map(([name, version]) => `${name}@${version}`)
  try {
    await promisify(execFile)('npm', ['install', '--prefix', folder, ...flags, ...all], {
      cwd: folder,
      timeout: INSTALL_WITHIN_MS,
      // Otherwise npm would leave its compile cache in the folder for temporary files.
      env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' },
    })
    return null
  } catch (error) {
    const { stderr } = error as { readonly stderr?: string }
    const told = (stderr ?? String(error)).split('\n').filter((line) => line.startsWith('npm error'))
    return `npm could not install ${wanted.join(', ')}: ${told.slice(0, 2).join('; ') || String(error)}`
  }
}

async function missingOf(folder: string, packages: Readonly<Record<string, string>>): Promise<string[]> {
  const missing: string[] = []
  for (const [name, version] of Object.entries(packages)) {
    if ((await installedVersion(folder, name)) !== version) missing.push(`${name}@${version}`)
  }
  return missing
}

/** Null when the package is not there. */
export async function installedVersion(folder: string, name: string): Promise<string | null> {
  try {
    const text = await readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8')
    return (JSON.parse(text) as { readonly version: string }).version
  } catch {
    return null
  }
}
