/**
 * Makes the deployed package, `dist/app/`: host.json, a package.json without dependencies, main.cjs, app.cjs with all
 * code that is loaded at the start, and one file for each `*.chunk.ts`. A chunk is loaded only when it is first needed.
 * The build takes half a second.
 */
import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { BuildOptions, Plugin } from 'esbuild'
import { docsAssets } from '../shared/http/docs-assets.ts'
import { replaceFolder } from './replace-folder.ts'

const repository = fileURLToPath(new URL('..', import.meta.url))
const CHUNK = /\.chunk\.ts$/

export interface BuildResult {
  readonly outFolder: string
  /** Chunk files, relative to the folder. */
  readonly chunks: readonly string[]
}

/** A file of the package as it was bundled. */
export interface Bundled {
  /** The file and its source map; their names are relative to the folder of the file. */
  readonly files: readonly { readonly name: string; readonly contents: Uint8Array }[]
  /** The chunks that it loads later: the names of their files, and their sources. */
  readonly chunks: ReadonlyMap<string, string>
  /** Everything that it was made from, relative to the repository. */
  readonly inputs: readonly string[]
}

/** @param folder where its chunks are, relative to the file */
export type Bundler = (source: string, outfile: string, folder: string) => Promise<Bundled>

export interface BuildAppOptions {
  readonly outFolder?: string
  readonly entry?: string
  /** For who builds again and again, and keeps what did not change. Default: `bundle`. */
  readonly bundler?: Bundler
}

/**
 * Builds the app into `outFolder` (default `dist/app`). The folder is replaced in one step when all is built, and left
 * alone where it holds the same already, so several builds may run at the same time.
 */
export async function buildApp(options: BuildAppOptions = {}): Promise<BuildResult> {
  const outFolder = resolve(repository, options.outFolder ?? 'dist/app')
  const scratch = `${outFolder}.${randomUUID()}`
  try {
    const chunks = await buildInto(scratch, outFolder, options)
    await replaceFolder(scratch, outFolder)
    return { outFolder, chunks }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** Writes into `scratch` what is to lie in `outFolder`, and gives the names of the chunks. */
async function buildInto(
  scratch: string,
  outFolder: string,
  options: BuildAppOptions,
): Promise<readonly string[]> {
  const bundler = options.bundler ?? bundle
  await mkdir(join(scratch, 'chunks'), { recursive: true })
  const found = new Map<string, string>()
  const make = async (source: string, place: string, folder: string): Promise<void> => {
    const { files, chunks } = await bundler(source, join(outFolder, place), folder)
    for (const { name, contents } of files) await writeFile(join(scratch, dirname(place), name), contents)
    for (const [name, chunk] of chunks) addChunk(found, name, chunk)
  }
  const entry = resolve(repository, options.entry ?? 'functions/index.ts')
  await make(entry, 'app.cjs', './chunks')
  // A chunk may import another chunk, which is then added to `found` during this loop.
  for (const [name, source] of found) await make(source, join('chunks', name), '.')
  await Promise.all([
    writePackage(scratch),
    writeFile(join(scratch, 'main.cjs'), ENTRY),
    copyDocsAssets(scratch),
  ])
  return [...found.keys()].map((name) => `chunks/${name}`)
}

function addChunk(found: Map<string, string>, name: string, source: string): void {
  const earlier = found.get(name)
  if (earlier !== undefined && earlier !== source) throw new Error(`two chunks are called ${name}`)
  found.set(name, source)
}

/** Bundles one file of the package, in memory. @throws esbuild's BuildFailure, which names file, line and reason */
export async function bundle(source: string, outfile: string, folder: string): Promise<Bundled> {
  const chunks = new Map<string, string>()
  const { outputFiles, metafile } = await build({
    ...shared,
    entryPoints: [source],
    outfile,
    plugins: [separateChunks(chunks, folder)],
    absWorkingDir: repository,
    metafile: true,
    write: false,
  })
  const files = outputFiles.map(({ path, contents }) => ({ name: basename(path), contents }))
  return { files, chunks, inputs: Object.keys(metafile.inputs) }
}

/**
 * Switches source maps on and loads the app, so that stacks lead to the TypeScript. It is a file of its own because Node
 * uses the map of a file only if maps are on when the file is loaded. A setting (NODE_OPTIONS) would come too late: on
 * Azure the process of a new instance runs before it has the app's settings.
 */
const ENTRY = `'use strict'
process.setSourceMapsEnabled(true)
module.exports = require('./app.cjs')
`

const shared = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  minify: true,
  sourcemap: 'linked',
  sourcesContent: false,
  // The Functions worker provides it. Functions registered with a copy inside the bundle would not be known to the
  // worker.
  external: ['@azure/functions-core'],
  // CommonJS has no import.meta. azure-kusto-* read import.meta.url when they are loaded, and would crash.
  define: { 'import.meta.url': '__importMetaUrl' },
  banner: { js: "const __importMetaUrl=require('node:url').pathToFileURL(__filename).href;" },
  logLevel: 'error',
  // The class names of errors appear in logs and messages.
  keepNames: true,
} satisfies BuildOptions

/** Makes a separate file next to the bundle for each `import('./x.chunk.ts')`, and adds it to `found`. */
function separateChunks(found: Map<string, string>, folder: string): Plugin {
  return {
    name: 'separate-chunks',
    setup(builder) {
      builder.onResolve({ filter: CHUNK }, ({ kind, path, resolveDir, importer }) => {
        if (kind === 'entry-point') return undefined
        if (kind !== 'dynamic-import') {
          return {
            errors: [{ text: `${importer} must import ${path} by import(), or it is loaded at every start` }],
          }
        }
        const source = resolve(resolveDir, path)
        const name = `${basename(source).replace(CHUNK, '')}.cjs`
        addChunk(found, name, source)
        return { path: `${folder}/${name}`, external: true }
      })
    },
  }
}

async function writePackage(outFolder: string): Promise<void> {
  const source = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as {
    name: string
    version: string
  }
  const content = { name: source.name, version: source.version, private: true, main: 'main.cjs' }
  await writeFile(join(outFolder, 'package.json'), `${JSON.stringify(content, null, 2)}\n`)
  await copyFile(join(repository, 'host.json'), join(outFolder, 'host.json'))
}

/** Copies the content of a file but not its mode: the account that builds decides who may read the copy. */
async function copyFile(from: string, to: string): Promise<void> {
  await writeFile(to, await readFile(from))
}

/** Copies the files of the API's reference page, which the app serves itself. */
async function copyDocsAssets(outFolder: string): Promise<void> {
  const packageFolder = dirname(createRequire(import.meta.url).resolve(`${docsAssets.package}/package.json`))
  await mkdir(join(outFolder, 'assets', 'docs'), { recursive: true })
  await Promise.all(
    docsAssets.files.map((file) =>
      copyFile(join(packageFolder, file), join(outFolder, 'assets', 'docs', file)),
    ),
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { outFolder, chunks } = await buildApp()
  console.log(`built ${outFolder} with ${chunks.length} chunks`)
}
