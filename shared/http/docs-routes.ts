import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { errorCatalogue, TrickleError } from '../errors/index.ts'
import type { ErrorEntry } from '../errors/index.ts'
import { defineRoute } from './define-route.ts'
import { docsAssets } from './docs-assets.ts'
import { errorsPage, ownAssets, PAGE_SECURITY_POLICY, referencePage } from './docs-page.ts'
import type { DocumentInfo } from './openapi-document.ts'
import { ERRORS_PAGE_PATH } from './problem.ts'
import { reply } from './reply.ts'
import type { Reply } from './reply.ts'
import type { Route, RouteFacts } from './route-types.ts'

export interface DocsOptions {
  /** The routes that the reference shows. */
  readonly routes: readonly RouteFacts[]
  readonly info: DocumentInfo
  /** Every error that can be answered, by its code. */
  readonly errors: Readonly<Record<string, ErrorEntry>>
  /** Folder `assets` beside the bundle; the build puts `docs/` with the package's files into it. */
  readonly assetsFolder: string
}

/** Writes the OpenAPI 3.1 document of routes. The code that writes it is loaded at the first call. */
export async function buildOpenApiDocument(
  routes: readonly RouteFacts[],
  info: DocumentInfo,
): Promise<object> {
  const { buildDocument } = await import('./openapi.chunk.ts')
  return buildDocument(routes, info, errorCatalogue)
}

/** Each app shows the whole reference: it says which app serves what. */
const common = { method: 'GET', tags: ['Reference'], access: { kind: 'public' }, runsOn: 'both' } as const
/**
 * The page and its assets change with a deployment only. An hour saves most loads, and no old copy is used for longer.
 */
const cacheForAnHour = { 'Cache-Control': 'public, max-age=3600' }

/** /api/openapi.json, the reference page /api/docs with its assets, and the table of errors. All are public: they tell nothing of any tenant. */
export function docsRoutes(options: DocsOptions): Route<unknown>[] {
  let documentText: Promise<string> | undefined
  const buildText = async (): Promise<string> =>
    JSON.stringify(await buildOpenApiDocument(options.routes, options.info))

  return [
    defineRoute({
      ...common,
      name: 'docs-openapi',
      path: '/api/openapi.json',
      summary: 'The OpenAPI document of this server',
      request: {},
      responses: { 200: { description: 'OpenAPI 3.1', schema: z.looseObject({ openapi: z.string() }) } },
      async handler() {
        documentText ??= buildText()
        return reply(200, { jsonText: await documentText })
      },
    }),
    pageRoute('docs-page', '/api/docs', 'The reference page', () => referencePage(options.info.title)),
    pageRoute('docs-errors', ERRORS_PAGE_PATH, 'All error codes', () =>
      errorsPage(options.info.title, options.errors),
    ),
    defineRoute({
      ...common,
      name: 'docs-asset',
      path: '/api/docs/assets/{asset}',
      summary: 'Scripts, styles and images of the reference page',
      request: { params: z.strictObject({ asset: z.string() }) },
      responses: { 200: { description: 'The asset' } },
      errors: ['ROUTE_NOT_FOUND'],
      handler: ({ params }) => readAsset(options.assetsFolder, params.asset),
    }),
  ]
}

function pageRoute(
  name: string,
  path: `/api/${string}`,
  summary: string,
  html: () => string,
): Route<unknown> {
  return defineRoute({
    ...common,
    name,
    path,
    summary,
    request: {},
    responses: { 200: { description: 'HTML', mediaType: 'text/html' } },
    handler: () =>
      reply(200, {
        text: html(),
        contentType: 'text/html; charset=utf-8',
        headers: { ...cacheForAnHour, 'Content-Security-Policy': PAGE_SECURITY_POLICY },
      }),
  })
}

const contentTypes: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  png: 'image/png',
}

/** Only names on the list are ever joined to a path. */
async function readAsset(assetsFolder: string, asset: string): Promise<Reply> {
  const contentType = contentTypes[asset.slice(asset.lastIndexOf('.') + 1)] ?? 'application/octet-stream'
  const text = Object.hasOwn(ownAssets, asset) ? ownAssets[asset] : undefined
  if (text !== undefined) return reply(200, { text, contentType, headers: cacheForAnHour })
  const file = docsAssets.files.find((name) => name === asset)
  if (file === undefined) throw new TrickleError('ROUTE_NOT_FOUND', 'The reference page has no such asset.')
  const bytes = await readFile(join(assetsFolder, 'docs', file))
  return reply(200, { bytes, contentType, headers: cacheForAnHour })
}
