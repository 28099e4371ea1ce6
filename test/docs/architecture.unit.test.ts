import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as app from '../../functions/app.ts'
import { owners } from '../../database/index.ts'

const repository = join(import.meta.dirname, '..', '..')
const page = readFileSync(join(repository, 'docs', 'architecture.md'), 'utf8')

describe('docs/architecture.md', () => {
  it('names files that exist', () => {
    const named = [...page.matchAll(/`([a-z][\w./-]+\.(?:ts|sql))`/g)].map(([, path = '']) => path)
    expect(named.length).toBeGreaterThan(30)
    expect(named.filter((path) => path.includes('/') && !existsSync(join(repository, path)))).toEqual([])
  })

  it('names every folder that holds code, and every context', () => {
    const folders = readdirSync(repository, { withFileTypes: true })
      .filter(
        (entry) => entry.isDirectory() && !/^\.|^(?:node_modules|dist|docs|bench-results)$/.test(entry.name),
      )
      .map(({ name }) => name)
    expect(folders.filter((name) => !page.includes(`\`${name}/\``))).toEqual([])
    expect(Object.values(app).filter(({ name }) => !page.includes(name))).toEqual([])
  })

  it('gives the owners of schemas in the order in which they run', () => {
    const capabilities = owners([]).map(({ name }) => `\`${name}\``)
    expect(page).toContain(`${capabilities.join(', ')}, then the contexts`)
  })
})
