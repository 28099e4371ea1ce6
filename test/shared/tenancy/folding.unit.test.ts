import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Where names of tenants, streams, roles and subscriptions go through. */
const SOURCES = ['shared/{tenancy,auth,event-store,subscriptions,receipts,adx}', 'functions', 'cli']

/** Folds by Unicode, and so makes one name of two. Without the flag u a regular expression folds as ASCII does. */
const FOLDING =
  /\.to(?:Locale)?(?:Lower|Upper)Case\(|\blocaleCompare\b|\.normalize\(|\/(?=[dgimsuvy]*i)(?=[dgimsuvy]*[uv])[dgimsuvy]{2,8}(?=[.,;)\s])/

/** What is folded here is no name, or comes from the code itself. */
const allowed: Readonly<Record<string, string>> = {
  'shared/tenancy/tenant-name.ts': 'the one place; of letters that are A to Z',
  'functions/login-pools.ts': 'the name of a login, of the code',
  'functions/platform.ts': 'the name of a login, of the code',
  'cli/azure/evidence/deployment.ts': 'object ids of Entra, which are hexadecimal digits',
  'cli/azure/evidence/answers/analytics.ts': 'object ids of Entra, which are hexadecimal digits',
  'cli/azure/evidence/answers/platform.ts': 'the name of a region of Azure',
  'cli/import/input.ts': 'the ending of a file',
  'cli/client.ts': 'the scheme of an address, which is parsed after that',
  'cli/import/csv-columns.ts': 'the word by which Excel names a separator',
  'cli/demo/orders.ts': 'hexadecimal digits',
  'cli/runs/tenants.ts': 'a search in a list by a person, which decides nothing',
}

it('names are folded by foldName and by nothing else', () => {
  const files = SOURCES.flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: root }))
  const folding = files.filter((file) => FOLDING.test(readFileSync(`${root}/${file}`, 'utf8')))
  expect(folding.sort()).toEqual(Object.keys(allowed).sort())
})

it.each([
  'name.toLowerCase()',
  'name.toLocaleUpperCase()',
  "name.normalize('NFKC')",
  'a.localeCompare(b)',
  '/^k$/iu.test(name)',
])('finds %s', (text) => expect(text).toMatch(FOLDING))
