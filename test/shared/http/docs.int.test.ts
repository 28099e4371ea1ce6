import { dirname, join } from 'node:path'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorCatalogue } from '../../../shared/errors/index.ts'
import { docsAssets } from '../../../shared/http/docs-assets.ts'
import { docsRoutes, findOverlaps } from '../../../shared/http/index.ts'
import type { Route } from '../../../shared/http/index.ts'
import { call, testKernel } from './harness.ts'

let assetsFolder = ''
beforeAll(async () => {
  assetsFolder = await mkdtemp(join(tmpdir(), 'trickle-docs-'))
  const packageFolder = dirname(createRequire(import.meta.url).resolve(`${docsAssets.package}/package.json`))
  await mkdir(join(assetsFolder, 'docs'))
  for (const file of docsAssets.files) await cp(join(packageFolder, file), join(assetsFolder, 'docs', file))
})
afterAll(() => rm(assetsFolder, { recursive: true }))

const { kernel } = testKernel()
const routes = (): Route<unknown>[] =>
  docsRoutes({
    routes: [],
    info: { title: 'A <b> & "c"', version: '1' },
    errors: errorCatalogue,
    assetsFolder,
  })

function routeAt(path: string): Route<unknown> {
  const found = routes().find((route) => route.path === path)
  if (found === undefined) throw new Error(`no route ${path}`)
  return found
}

const asset = (name: string) =>
  call(kernel, routeAt('/api/docs/assets/{asset}'), {
    path: `/api/docs/assets/${name}`,
    params: { asset: name },
  })

describe('the reference', () => {
  it('has routes that do not overlap', () => {
    expect(findOverlaps(routes())).toEqual([])
  })

  it('serves the document, written once', async () => {
    const route = routeAt('/api/openapi.json')
    const first = await call(kernel, route)
    expect(first.json).toMatchObject({ openapi: expect.stringMatching(/^3\.1/) })
    expect((await call(kernel, route)).text).toBe(first.text)
  })

  it.each(['/api/docs', '/api/docs/errors'])(
    'serves %s, which loads nothing from elsewhere',
    async (path) => {
      const answer = await call(kernel, routeAt(path))
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
      expect(answer.headers.get('content-security-policy')).toContain("script-src 'self';")
      expect(answer.headers.get('content-security-policy')).not.toContain('unsafe')
      expect(answer.text).toContain('A &lt;b&gt; &amp; &quot;c&quot;')
      expect(answer.text).not.toMatch(/https?:|\/\/|<script>|<style| on\w+=| style=/)
      const loaded = [...answer.text.matchAll(/(?:src|href)="\/api\/docs\/assets\/([^"]+)"/g)].map(
        ([, name = '']) => name,
      )
      expect(loaded.length).toBeGreaterThan(0)
      for (const name of loaded) expect((await asset(name)).status).toBe(200)
    },
  )

  it('explains every code at its anchor', async () => {
    const { text } = await call(kernel, routeAt('/api/docs/errors'))
    for (const code of Object.keys(errorCatalogue)) expect(text).toContain(`<tr id="${code}">`)
  })

  it.each([
    ['swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
    ['swagger-ui.css', 'text/css; charset=utf-8'],
    ['favicon-32x32.png', 'image/png'],
    ['start.js', 'text/javascript; charset=utf-8'],
    ['colour-scheme.js', 'text/javascript; charset=utf-8'],
    ['page.css', 'text/css; charset=utf-8'],
  ])('serves %s', async (name, type) => {
    const answer = await asset(name)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, type])
    expect(answer.text.length).toBeGreaterThan(100)
  })

  it('asks no outside validator', async () => {
    expect((await asset('start.js')).text).toContain('validatorUrl: null')
  })

  it('is dark where the reader wants it dark, also when that changes while the page is open', async () => {
    const classes = new Set<string>()
    const query = { matches: true, changed: () => {} }
    runInNewContext((await asset('colour-scheme.js')).text, {
      matchMedia: () =>
        Object.assign(query, {
          addEventListener: (_kind: string, listener: () => void) => (query.changed = listener),
        }),
      document: {
        documentElement: {
          classList: {
            toggle: (name: string, on: boolean) => (on ? classes.add(name) : classes.delete(name)),
          },
        },
      },
    })
    expect([...classes]).toEqual(['dark-mode'])
    query.matches = false
    query.changed()
    expect([...classes]).toEqual([])
    // The class must mean something: to Swagger UI, and to the table of errors.
    for (const sheet of ['swagger-ui.css', 'page.css'])
      expect((await asset(sheet)).text).toMatch(/(?:html|:root)\.dark-mode/)
  })

  it.each(['/api/docs', '/api/docs/errors'])('decides on %s before anything is drawn', async (path) => {
    const { text } = await call(kernel, routeAt(path))
    expect(text.slice(0, text.indexOf('</head>'))).toContain(
      '<script src="/api/docs/assets/colour-scheme.js"></script>',
    )
  })

  it.each(['package.json', '..%2f..%2fmain.cjs', '../main.cjs', 'constructor', '__proto__', ''])(
    'serves no "%s"',
    async (name) => {
      const answer = await asset(name)
      expect([answer.status, answer.json?.['code']]).toEqual([404, 'ROUTE_NOT_FOUND'])
    },
  )
})
