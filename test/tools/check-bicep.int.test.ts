import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HOW_TO_GET } from '../../tools/bicep-cli/index.ts'
import { checkBicep } from '../../tools/check-bicep.ts'
import type { BicepCheck } from '../../tools/check-bicep.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trickle-bicep-'))
  await mkdir(join(folder, 'infra', 'modules'), { recursive: true })
  await mkdir(join(folder, 'infra', 'snapshots'))
  await mkdir(join(folder, 'bin'))
  await writeFile(join(folder, 'infra', 'main.bicep'), "module part 'modules/part.bicep' = {}\n")
  await writeFile(join(folder, 'infra', 'modules', 'part.bicep'), 'param name string\n')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const check = (): Promise<BicepCheck> =>
  checkBicep({
    folder: join(folder, 'infra'),
    path: join(folder, 'bin'),
  })

/** A program that writes down what it was asked, says `diagnostics` and ends with `code`, or fails where the action is `failing`. */
async function putProgram(name: string, diagnostics = '', code = 0, failing = ''): Promise<void> {
  const file = join(folder, 'bin', name)
  const source = [
    `#!${process.execPath}`,
    `require('node:fs').appendFileSync(${JSON.stringify(join(folder, 'asked'))}, process.argv.slice(2).join(' ') + '\\n')`,
    `process.stderr.write(${JSON.stringify(diagnostics)})`,
    `process.stdout.write('{"a compiled template with ) : Error in it": 1} Bicep CLI version 1.2.3 (00)')`,
    `process.exitCode = process.argv[2] === ${JSON.stringify(failing)} ? 1 : ${code}`,
  ]
  await writeFile(file, source.join('\n'))
  await chmod(file, 0o755)
}

const asked = async (): Promise<string[]> =>
  (await readFile(join(folder, 'asked'), 'utf8')).replaceAll(`${folder}/`, '').trim().split('\n')

describe('the check of Bicep', () => {
  it('builds and lints by the CLI, each file that no other one includes', async () => {
    await putProgram('bicep')
    expect(await check()).toMatchObject({
      isClean: true,
      lines: [expect.stringContaining('by bicep ('), '0 snapshots compared'],
    })
    expect(await asked()).toEqual(['build infra/main.bicep --stdout', 'lint infra/main.bicep', '--version'])
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

  it('compares each snapshot with what the CLI makes of its parameters now', async () => {
    await writeFile(join(folder, 'infra', 'snapshots', 'small.bicepparam'), "using '../main.bicep'\n")
    await putProgram('bicep')
    expect(await check()).toMatchObject({
      isClean: true,
      lines: [expect.any(String), '1 snapshots compared'],
    })
    expect((await asked()).at(-1)).toMatch(
      /^snapshot infra\/snapshots\/small\.bicepparam --mode validate --subscription-id .* --tenant-id .* --location westeurope --deployment-name main$/,
    )
  })

  it('fails where a snapshot is another one, and says how to make it again', async () => {
    await writeFile(join(folder, 'infra', 'snapshots', 'small.bicepparam'), "using '../main.bicep'\n")
    await putProgram('bicep', '', 0, 'snapshot')
    const { isClean, lines } = await check()
    expect(isClean).toBe(false)
    expect(lines).toContain('snapshots/small.bicepparam makes another snapshot. Run: npm run generate')
  })

  it('leaves the comparison to the version that has made the snapshots, and says so', async () => {
    await writeFile(
      join(folder, 'infra', 'snapshots', 'made-from.json'),
      JSON.stringify({ bicep: '1.2.4', sources: '', files: {} }),
    )
    await putProgram('bicep', '', 0, 'snapshot')
    expect(await check()).toMatchObject({
      isClean: true,
      lines: [expect.any(String), 'snapshots not compared: made by 1.2.4, and this is 1.2.3'],
    })
  })

  it('fails without a CLI and says how to get one', async () => {
    expect(await check()).toEqual({ isClean: false, lines: HOW_TO_GET })
    expect(HOW_TO_GET.join('\n')).toMatch(/winget install[\s\S]*az bicep install[\s\S]*ci\.yml/)
  })
})
