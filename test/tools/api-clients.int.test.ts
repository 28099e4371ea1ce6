import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ClientFailure, generatedClients, programUnder, tryClient } from '../../tools/api-clients/index.ts'
import type { GeneratedClient } from '../../tools/api-clients/index.ts'

const read = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), 'utf8')
const page = await read('docs/generated-clients.md')

describe('docs/generated-clients.md', () => {
  it.each(generatedClients)(
    'has the program of $heading, which goes through all four',
    ({ heading, fence }) => {
      const program = programUnder(page, heading, fence)
      for (const step of [
        'appended version',
        'conflict at version',
        'read ',
        'followed ',
        'VERSION_CONFLICT',
      ])
        expect(program).toContain(step)
    },
  )

  it('names the versions that are tried', async () => {
    const { dependencies, devDependencies } = JSON.parse(
      await read('tools/api-clients/typescript/package.json'),
    ) as Record<'dependencies' | 'devDependencies', Record<string, string>>
    const { '@redocly/cli': _linter, ...used } = { ...dependencies, ...devDependencies }
    for (const [name, version] of Object.entries(used)) expect(page).toContain(`${name}@${version}`)
    const { tools } = JSON.parse(await read('tools/api-clients/csharp/dotnet-tools.json')) as {
      tools: Record<string, { version: string }>
    }
    for (const [name, { version }] of Object.entries(tools))
      expect(page.toLowerCase()).toContain(`dotnet tool install ${name} --version ${version}`)
    const project = await read('tools/api-clients/csharp/kiota.csproj')
    const versions = [...project.matchAll(/Include="[^"]+" Version="([^"]+)"/g)].map(([, version]) => version)
    expect(new Set(versions).size).toBe(1)
    expect(page).toContain(`five packages of version ${versions[0]}`)
    expect(versions).toHaveLength(5)
  })

  it('names the commands that make the clients', () => {
    const generators = generatedClients.flatMap(({ steps }) =>
      steps.filter(([command, tool]) => command === 'dotnet' && (tool === 'kiota' || tool === 'nswag')),
    )
    expect(generators).toHaveLength(2)
    for (const step of generators) expect(page).toContain(`\n${step.join(' ')}\n`)
  })

  it.each([
    ['two programs', page.replace('## C#: Kiota\n', '## C#: Kiota\n```csharp\n```\n'), '2 programs'],
    ['none', page.replace('## C#: Kiota\n', '## Kiota\n'), '0 programs'],
  ])('is refused with %s under a heading', (_name, text, message) => {
    expect(() => programUnder(text, 'C#: Kiota', 'csharp')).toThrow(message)
  })
})

describe('a client that is tried', () => {
  const server = createServer((_request, response) => response.end('{"openapi":"3.1.1"}'))
  let url = ''
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => server.close())

  const copies = ['a', 'b'].map((name) => `fs.copyFileSync('openapi.json','client/${name}')`).join(';')
  const client: GeneratedClient = {
    heading: 'Made up',
    fence: 'ts',
    program: 'program.mjs',
    files: {},
    needs: 'npm',
    steps: [[process.execPath, '-e', `const fs=require('fs');fs.mkdirSync('client');${copies}`]],
    run: [process.execPath, 'program.mjs'],
    most: { folder: 'client', files: 3 },
  }
  const lines = [
    'appended version 1',
    'conflict at version 1',
    'appended version 2',
    'read 1 OrderPlaced',
    'read 2 OrderPaid',
    'followed OrderPlaced',
    'followed OrderPaid',
  ]
  const program = `if (process.env.TRICKLE_TOKEN === 'secret') console.log(${JSON.stringify(lines.join('\n'))})`
  const attempt = (changed: Partial<GeneratedClient>, text = program): Promise<void> =>
    tryClient({ ...client, ...changed }, text, { url, tenantToken: 'secret' })

  it('is made of the document, and its program prints what the page says', async () => {
    await expect(attempt({})).resolves.toBeUndefined()
  })

  it.each([
    [
      'a step fails',
      { steps: [[process.execPath, '-e', 'console.log("TS2339"); process.exit(2)']] },
      'TS2339',
    ],
    [
      'the generator makes too many files',
      { most: { folder: 'client', files: 2 } },
      '2 files, and fewer than 2',
    ],
  ] as const)('is a failure where %s', async (_name, changed, message) => {
    await expect(attempt(changed)).rejects.toThrow(message)
    await expect(attempt(changed)).rejects.toBeInstanceOf(ClientFailure)
  })

  it('is a failure where the program prints something else', async () => {
    await expect(attempt({}, program.replace('followed OrderPaid', ''))).rejects.toThrow('did not print')
  })
})
