import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ensureInstalled, version17Folder } from '../../../local/postgres/index.ts'
import { failureOf, Ground } from './support.ts'

/** A package with one dependency that needs no network: a folder beside it. */
function packageAt(ground: Ground): string {
  const folder = ground.path('on-demand')
  mkdirSync(ground.path('on-demand', 'thing'), { recursive: true })
  const thing = { name: 'thing', version: '1.0.0' }
  const dependencies = { thing: 'file:thing' }
  const write = (path: string, content: unknown): void => {
    writeFileSync(ground.path('on-demand', path), JSON.stringify(content))
  }
  write('thing/package.json', thing)
  write('package.json', { name: 'on-demand', private: true, dependencies })
  write('package-lock.json', {
    name: 'on-demand',
    lockfileVersion: 3,
    requires: true,
    packages: {
      '': { name: 'on-demand', dependencies },
      'node_modules/thing': { resolved: 'thing', link: true },
      thing: { version: '1.0.0' },
    },
  })
  return folder
}

describe('a package that is got when it is first used', () => {
  let ground: Ground
  beforeEach(() => {
    ground = new Ground()
  })
  afterEach(() => ground.clean())

  it('is installed once when several ask at once, and not again while it is what the lock file names', async () => {
    const folder = packageAt(ground)
    await Promise.all([1, 2, 3].map(() => ensureInstalled(folder)))
    expect(existsSync(ground.path('on-demand', 'node_modules', 'thing', 'package.json'))).toBe(true)
    // npm ci would remove this file.
    writeFileSync(ground.path('on-demand', 'node_modules', 'mark'), '')
    await ensureInstalled(folder)
    expect(existsSync(ground.path('on-demand', 'node_modules', 'mark'))).toBe(true)
    expect(existsSync(ground.path('on-demand', 'install.lock'))).toBe(false)
  })

  it('is installed again when the lock file names another version', async () => {
    const folder = packageAt(ground)
    await ensureInstalled(folder)
    writeFileSync(ground.path('on-demand', 'node_modules', 'mark'), '')
    const lockFile = ground.path('on-demand', 'package-lock.json')
    const lock = await readFile(lockFile, 'utf8')
    writeFileSync(lockFile, lock.replace('"thing":{"version":"1.0.0"}', '"thing":{"version":"1.0.1"}'))
    writeFileSync(ground.path('on-demand', 'thing', 'package.json'), '{"name":"thing","version":"1.0.1"}')
    await ensureInstalled(folder)
    expect(existsSync(ground.path('on-demand', 'node_modules', 'mark'))).toBe(false)
  })

  it('says in npm’s words why it cannot be had, and which command brings it', async () => {
    const folder = ground.path('broken')
    mkdirSync(folder)
    writeFileSync(ground.path('broken', 'package.json'), '{"name":"broken","dependencies":{"thing":"1.0.0"}}')
    writeFileSync(
      ground.path('broken', 'package-lock.json'),
      '{"name":"broken","lockfileVersion":3,"packages":{"":{"name":"broken"}}}',
    )
    const failure = await failureOf(ensureInstalled(folder))
    expect(failure).toMatchObject({ code: 'INSTALLATION_INCOMPLETE', where: folder })
    expect(failure.message).toContain('npm error')
    expect(failure.mend).toContain(`npm ci --prefix ${folder}`)
  })
})

describe('PostgreSQL 17', () => {
  it('has every package locked with its checksum', async () => {
    const lock = JSON.parse(await readFile(`${version17Folder}/package-lock.json`, 'utf8')) as {
      packages: Record<string, { integrity?: string }>
    }
    const without = Object.entries(lock.packages).filter(([path, { integrity }]) => path !== '' && !integrity)
    expect(without).toEqual([])
  })
})
