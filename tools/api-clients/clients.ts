import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A client that a generator makes: what it is made from, and how it is made, compiled and run. */
export interface GeneratedClient {
  /** The heading of its part of the page. */
  readonly heading: string
  readonly fence: 'ts' | 'csharp'
  /** The page's program goes into this file. */
  readonly program: string
  /** Files beside it: their names here, and their places in the folder where the client is made. */
  readonly files: Readonly<Record<string, string>>
  /** Without this command the client is left out. */
  readonly needs: 'npm' | 'dotnet'
  /** Installs, generates, lints and compiles, in this order. */
  readonly steps: readonly Step[]
  /** Runs the program. Last of all. */
  readonly run: Step
  /** How many files the generator may make, at most, and where they are. */
  readonly most?: { readonly folder: string; readonly files: number }
}

export type Step = readonly [command: string, ...arguments: string[]]

const repository = fileURLToPath(new URL('../..', import.meta.url))
const nodeModule = (path: string, ...words: string[]): Step => [
  process.execPath,
  `node_modules/${path}`,
  ...words,
]
const INSTALL: Step = ['dotnet', 'tool', 'restore']
const BUILD: Step = ['dotnet', 'build', '--output', 'built', '--verbosity', 'quiet', '-warnaserror']
const runBuilt = (name: string): Step => ['dotnet', `built/${name}.dll`]

export const generatedClients: readonly GeneratedClient[] = [
  {
    heading: 'TypeScript: openapi-typescript and openapi-fetch',
    fence: 'ts',
    program: 'orders.ts',
    files: {
      'typescript/package.json': 'package.json',
      'typescript/package-lock.json': 'package-lock.json',
      'typescript/tsconfig.json': 'tsconfig.json',
    },
    needs: 'npm',
    steps: [
      ['npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error'],
      nodeModule('openapi-typescript/bin/cli.js', 'openapi.json', '-o', 'trickle.d.ts'),
      // In the strict form of the recommended rules a warning is an error.
      nodeModule('@redocly/cli/bin/cli.js', 'lint', 'openapi.json', '--extends=recommended-strict'),
      nodeModule('typescript/bin/tsc', '--project', '.'),
      // And with this repository's own TypeScript, which is a version later.
      [process.execPath, join(repository, 'node_modules/typescript/bin/tsc'), '--project', '.'],
    ],
    run: [process.execPath, 'orders.ts'],
  },
  {
    heading: 'C#: Kiota',
    fence: 'csharp',
    program: 'Program.cs',
    files: { 'csharp/dotnet-tools.json': '.config/dotnet-tools.json', 'csharp/kiota.csproj': 'kiota.csproj' },
    needs: 'dotnet',
    steps: [
      INSTALL,
      [
        'dotnet',
        'kiota',
        'generate',
        '-l',
        'CSharp',
        '-d',
        'openapi.json',
        '-o',
        'client',
        '-n',
        'Trickle.Client',
        '-c',
        'TrickleClient',
      ],
      BUILD,
    ],
    run: runBuilt('kiota'),
    // About two for each path of the API. It was 494, for half of the paths, while each answer had a schema of its own for
    // its errors: nobody finds anything in that.
    most: { folder: 'client', files: 200 },
  },
  {
    heading: 'C#: NSwag',
    fence: 'csharp',
    program: 'Program.cs',
    files: { 'csharp/dotnet-tools.json': '.config/dotnet-tools.json', 'csharp/nswag.csproj': 'nswag.csproj' },
    needs: 'dotnet',
    steps: [
      INSTALL,
      [
        'dotnet',
        'nswag',
        'openapi2csclient',
        '/input:openapi.json',
        '/output:TrickleClient.cs',
        '/classname:TrickleClient',
        '/namespace:Trickle.Client',
        '/jsonLibrary:SystemTextJson',
        '/generateNullableReferenceTypes:true',
        '/generateOptionalPropertiesAsNullable:true',
      ],
      BUILD,
    ],
    run: runBuilt('nswag'),
  },
]
