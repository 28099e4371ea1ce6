import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { ProductContext } from '../../functions/define-context.ts'
import { noPlatform } from '../../functions/product.ts'
import { putTogether } from '../../shared/context/index.ts'

const fileOf = (path: string): string => new URL(`../../${path}`, import.meta.url).href

it('the context of docs/publish.md can be put together as it stands there', async () => {
  const page = await readFile(new URL('../../docs/publish.md', import.meta.url), 'utf8')
  const [, code = ''] = /^```ts\n([\s\S]*?)^```$/m.exec(page) ?? []
  // The page's context is a folder of functions/.
  const text = code
    .replaceAll("'../../", `'${fileOf('')}`)
    .replaceAll("'../define-context.ts'", `'${fileOf('functions/define-context.ts')}'`)
  const folder = await mkdtemp(join(tmpdir(), 'trickle-publish-'))
  try {
    const file = join(folder, 'context.ts')
    await writeFile(file, text)
    const { orders } = (await import(file)) as { orders: ProductContext }
    const product = putTogether([orders], { settings: [], queues: [] })
    expect(product.topics.map(({ name }) => name)).toEqual(['trickle-orders'])
    const { subscriptions } = product.triggersOn(noPlatform)
    expect(subscriptions).toMatchObject([{ name: 'publish-orders', types: ['OrderPlaced', 'OrderShipped'] }])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
