import { execFile, spawnSync } from 'node:child_process'
import { glob, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { repository } from './examples.ts'

const run = promisify(execFile)

/** Every block of shell of the pages on Azure, which nobody here can run. */
async function shellBlocks(): Promise<{ page: string; text: string }[]> {
  const blocks: { page: string; text: string }[] = []
  for await (const page of glob('docs/azure/*.md', { cwd: repository })) {
    const markdown = await readFile(`${repository}/${page}`, 'utf8')
    for (const [, text = ''] of markdown.matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)) blocks.push({ page, text })
  }
  return blocks
}

const blocks = await shellBlocks()

/** What bash objects to without running anything, and placeholders, which it would take for files. */
function objectionTo(text: string): string | null {
  const { stderr } = spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' })
  return /<[a-z][^>]*>/.exec(text)?.[0] ?? (stderr === '' ? null : stderr)
}

it('every block of shell in docs/azure can be pasted', () => {
  expect(blocks.length).toBeGreaterThan(20)
  expect(blocks.flatMap(({ page, text }) => objectionTo(text)?.concat(` (${page})`) ?? [])).toEqual([])
  expect(objectionTo('for x in 1; do echo')).toMatch(/syntax error/)
  expect(objectionTo('az group delete -n <group> --yes')).toBe('<group>')
})

it('every command of Trickle in docs/azure exists, with the options it is given', async () => {
  const calls = blocks.flatMap(({ text }) =>
    [...text.matchAll(/npx trickle ([\w-]+)(.*)$/gm)].map(([, command = '', rest = '']) => ({
      command,
      options: [...rest.matchAll(/ (--[a-z-]+)/g)].map(([, option = '']) => option),
    })),
  )
  const unknown: string[] = []
  for (const command of new Set(calls.map((call) => call.command))) {
    const { stdout } = await run(process.execPath, ['cli/bin.mjs', command, '--help'], { cwd: repository })
    for (const call of calls.filter((candidate) => candidate.command === command))
      unknown.push(
        ...call.options.filter((option) => !stdout.includes(option)).map((option) => `${command} ${option}`),
      )
  }
  expect(calls.length).toBeGreaterThan(5)
  expect(unknown).toEqual([])
})
