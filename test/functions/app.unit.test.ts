import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { product } from '../../functions/product.ts'

const functions = fileURLToPath(new URL('../../functions', import.meta.url))

it('the contexts of the app are the folders of functions/, under their names', () => {
  const folders = readdirSync(functions, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
  expect(product().contexts.toSorted()).toEqual(folders.toSorted())
  for (const name of product().contexts)
    expect([name, existsSync(`${functions}/${name}/context.ts`)]).toEqual([name, true])
})
