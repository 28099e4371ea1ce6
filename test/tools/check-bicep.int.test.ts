import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkBicep, HOW_TO_GET } from '../../tools/check-bicep.ts'
import type { BicepCheck } from '../../tools/check-bicep.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trickle-bicep-'))
  await mkdir(join(folder, 'infra', 'modules'), { recursive: true })
  await mkdir(join(folder, 'bin'))
  await writeFile(join(folder, 'infra', 'main.bicep'), "module part 'modules/part.bicep' = {}\n")
  await writeFile(join(folder, 'infra', 'modules', 'part.bicep'), 'param name string\n')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const check = (): Promise<BicepCheck> =>
  checkBicep({
    folder: join(folder, 'infra'),
    checkerFolder: join(folder, 'tools'),
    path: join(folder, 'bin'),
  })

/** A program that writes down what it was asked, says `diagnostics` and ends with `code`. */
async function putProgram(name: string, diagnostics = '', code = 0): Promise<void> {
  const file = join(folder, 'bin', name)
  const source = [
    `#!${process.execPath}`,
    `require('node:fs').appendFileSync(${JSON.stringify(join(folder, 'asked'))}, process.argv.slice(2).join(' ') + '\\n')`,
    `process.stderr.write(${JSON.stringify(diagnostics)})`,
    `process.stdout.write('{"a compiled template with ) : Error in it": 1}')`,
    `process.exitCode = ${code}`,
  ]
  await writeFile(file, source.join('\n'))
  await chmod(file, 0o755)
}

async function putChecker(summary: string, code = 0): Promise<void> {
  await mkdir(join(folder, 'tools', 'bicep-check'), { recursive: true })
  const source = [
    `import { appendFileSync } from 'node:fs'`,
    `appendFileSync(${JSON.stringify(join(folder, 'asked'))}, process.argv.slice(2).join(' ') + '\\n')`,
    `console.log(${JSON.stringify(summary)})`,
    `process.exitCode = ${code}`,
  ]
  await writeFile(join(folder, 'tools', 'bicep-check', 'check.mjs'), source.join('\n'))
}

const asked = async (): Promise<string[]> =>
  (await readFile(join(folder, 'asked'), 'utf8')).replaceAll(`${folder}/`, '').trim().split('\n')

describe('the check of Bicep', () => {
  it('builds and lints by the CLI, each file that no other one includes', async () => {
    await putProgram('bicep')
    await putChecker('1 errors, 0 warnings', 1)
    expect(await check()).toMatchObject({ isClean: true, lines: [expect.stringContaining('by bicep (')] })
    expect(await asked()).toEqual(['build infra/main.bicep --stdout', 'lint infra/main.bicep'])
  })

  it('asks az where bicep itself is not on the path', async () => {
    await putProgram('az')
    expect((await check()).isClean).toBe(true)
    expect(await asked()).toEqual([
      'bicep build --file infra/main.bicep --stdout',
      'bicep lint --file infra/main.bicep',
    ])
  })

  it('fails by a warning, which the CLI itself does not, and tells it once', async () => {
    const warning = 'main.bicep(3,7) : Warning no-unused-params: Parameter "name" is declared but never used.'
    await putProgram('bicep', `${warning}\n`)
    expect(await check()).toMatchObject({ isClean: false, lines: [expect.any(String), warning] })
  })

  it('is not disturbed by information', async () => {
    await putProgram('bicep', 'main.bicep(1,1) : Info: a newer release is there\n')
    expect((await check()).isClean).toBe(true)
  })

  it('fails with all that the CLI says when it breaks', async () => {
    await putProgram('bicep', 'libicu is missing\n', 134)
    expect(await check()).toMatchObject({ isClean: false, lines: [expect.any(String), 'libicu is missing'] })
  })

  it('fails where there is no Bicep to check', async () => {
    await putProgram('bicep')
    await rm(join(folder, 'infra', 'main.bicep'))
    await rm(join(folder, 'infra', 'modules'), { recursive: true })
    expect((await check()).isClean).toBe(false)
  })

  it('takes the offline checker where there is no CLI', async () => {
    await putChecker('0 errors, 0 warnings')
    expect((await check()).isClean).toBe(true)
    expect(await asked()).toEqual(['infra tools/bicep-types'])
  })

  it.each([
    ['0 errors, 2 warnings', 0],
    ['1 errors, 0 warnings', 1],
    ['', 0],
  ])('is not satisfied by a checker that says "%s"', async (summary, code) => {
    await putChecker(summary, code)
    expect((await check()).isClean).toBe(false)
  })

  it('fails without either and says how to get one', async () => {
    expect(await check()).toEqual({ isClean: false, lines: HOW_TO_GET })
    expect(HOW_TO_GET.join('\n')).toMatch(/az bicep install[\s\S]*ci\.yml/)
  })
})
