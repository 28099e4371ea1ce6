import { spawnSync } from 'node:child_process'

/** A program of the page, and how to run it. */
export interface Program {
  readonly language: 'typescript' | 'csharp' | 'python'
  readonly file: string
  readonly command: string
  readonly arguments: readonly string[]
  readonly text: string
}

type Kind = Omit<Program, 'text'> & { readonly fence: string }

const kinds: readonly Kind[] = [
  {
    language: 'typescript',
    fence: 'ts',
    file: 'call-trickle.ts',
    command: process.execPath,
    arguments: ['call-trickle.ts'],
  },
  {
    language: 'csharp',
    fence: 'csharp',
    file: 'call-trickle.cs',
    command: 'dotnet',
    arguments: ['run', 'call-trickle.cs'],
  },
  {
    language: 'python',
    fence: 'python',
    file: 'call-trickle.py',
    command: 'python3',
    arguments: ['call-trickle.py'],
  },
]

/**
 * The programs of a page, one for each language.
 * @throws Error if the page does not hold exactly one program of each language
 */
export function programsOf(markdown: string): Program[] {
  return kinds.map(({ fence, ...kind }) => {
    const blocks = [...markdown.matchAll(new RegExp(`^\`\`\`${fence}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))]
    const [only, ...more] = blocks.map(([, text = '']) => text)
    if (only === undefined || more.length > 0)
      throw new Error(`the page holds ${blocks.length} programs in ${fence}, not one`)
    return { ...kind, text: only }
  })
}

/** Whether the command that runs a program is on this machine. */
export function isInstalled({ command }: Program): boolean {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0
}
