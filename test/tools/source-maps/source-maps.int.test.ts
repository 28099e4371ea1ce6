import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from '../../../tools/build.ts'

const run = promisify(execFile)
const repository = fileURLToPath(new URL('../../..', import.meta.url))
const SOURCE = 'test/tools/source-maps/failing-app.ts'

/** As deep in the repository as dist/app is, and then copied to where it is deployed: a folder without sources. */
const outFolder = join(repository, 'dist', `mapped-${process.pid}`)
let bare: string
/** `line:column` of the place that throws, as an editor counts them. */
let place: string

beforeAll(async () => {
  await buildApp({ outFolder, entry: SOURCE })
  bare = await mkdtemp(join(tmpdir(), 'trickle-maps-'))
  await cp(outFolder, join(bare, 'site', 'wwwroot'), { recursive: true })
  const lines = (await readFile(join(repository, SOURCE), 'utf8')).split('\n')
  const index = lines.findIndex((line) => line.includes('throw new Error'))
  place = `${index + 1}:${(lines[index] ?? '').indexOf('new Error') + 1}`
})
afterAll(async () => {
  await rm(outFolder, { recursive: true, force: true })
  await rm(bare, { recursive: true, force: true })
})

async function failureBy(file: string): Promise<{ stack: string; line: string }> {
  const script = `process.stdout.write(JSON.stringify(require(${JSON.stringify(join(bare, 'site', 'wwwroot', file))}).failure()))`
  const { stdout } = await run(process.execPath, ['-e', script], { cwd: bare, env: { PATH: '' } })
  return JSON.parse(stdout) as { stack: string; line: string }
}

describe('an error in the deployed package', () => {
  it('has the file, line and column of the TypeScript in its stack', async () => {
    const { stack } = await failureBy('main.cjs')
    expect(stack.split('\n')[1]).toContain(`${SOURCE}:${place})`)
  })

  it('of a handler has its file and line in the log', async () => {
    const { line } = await failureBy('main.cjs')
    expect(line).toContain(`no such account: nobody at ${SOURCE}:${place.split(':')[0]}`)
  })

  it('would lead into the bundle without the entry, and the log would name no line', async () => {
    const { stack, line } = await failureBy('app.cjs')
    expect(stack.split('\n')[1]).toContain('app.cjs:')
    expect(line).toMatch(/no such account: nobody$/)
  })
})
