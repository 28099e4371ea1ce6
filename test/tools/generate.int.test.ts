import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { generatedFiles } from '../../tools/generate.ts'

it('documents that are made from the code are as the code makes them', async () => {
  for (const [name, content] of await generatedFiles()) {
    const present = await readFile(new URL(`../../${name}`, import.meta.url), 'utf8')
    expect([name, present === content]).toEqual([name, true])
  }
})
