import { existsSync } from 'node:fs'
import { glob, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const repository = fileURLToPath(new URL('../..', import.meta.url))

async function pages(): Promise<string[]> {
  const found = ['README.md']
  for await (const path of glob('{docs,examples}/**/*.md', { cwd: repository })) found.push(path)
  return found.toSorted()
}

const all = await pages()
const textOf = async (path: string): Promise<string> => readFile(join(repository, path), 'utf8')

/** A page without its blocks of code, whose text is no Markdown. */
const proseOf = (text: string): string => text.replaceAll(/^ *```[\s\S]*?^ *```/gm, '')

/** Targets of links in a page's own text, without those that lead to other sites. */
const linksOf = (text: string): string[] =>
  [...proseOf(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))

/** GitHub's anchors: lower case, without punctuation, spaces as hyphens. */
const anchorsOf = (text: string): string[] =>
  [...proseOf(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

async function isBroken(page: string, link: string): Promise<boolean> {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : join(dirname(page), path)
  if (!existsSync(join(repository, target))) return true
  return anchor !== undefined && !anchorsOf(await textOf(target)).includes(anchor)
}

describe('links between pages', () => {
  it.each(all)('%s leads to files and headings that exist', async (page) => {
    const broken: string[] = []
    for (const link of linksOf(await textOf(page))) if (await isBroken(page, link)) broken.push(link)
    expect(broken).toEqual([])
  })

  it('notices a missing file and a missing heading', async () => {
    expect(linksOf('[a](b.md) [c](https://d) `[e](f.md)`\n```\n[g](h.md)\n```\n')).toEqual(['b.md', 'f.md'])
    expect(await isBroken('docs/reads.md', 'nowhere.md')).toBe(true)
    expect(await isBroken('docs/reads.md', 'errors.md#no-such-heading')).toBe(true)
  })
})

describe('the pages on Azure', () => {
  const azure = all.filter((path) => path.startsWith('docs/azure/'))

  it('are led to from README or from one another', async () => {
    const led = new Set<string>()
    for (const page of all)
      for (const link of linksOf(await textOf(page))) led.add(join(dirname(page), link.split('#')[0] ?? ''))
    expect(azure.filter((page) => !led.has(page))).toEqual([])
  })

  it.each(azure)('%s ends with its failure modes', async (page) => {
    expect(
      proseOf(await textOf(page))
        .match(/^## .+$/gm)
        ?.at(-1),
    ).toBe('## Failure modes')
  })

  it.each(azure)('%s names no file of the repository that is not there', async (page) => {
    const named = [
      ...proseOf(await textOf(page)).matchAll(
        /`((?:infra|test|shared|functions|tools|cli|\.github)\/[\w./-]+)`/g,
      ),
    ]
    const missing = named.map(([, path = '']) => path).filter((path) => !existsSync(join(repository, path)))
    expect(missing).toEqual([])
  })
})
