/**
 * Writes database/schema.sql from a migrated database on a temporary server. With --release it also writes
 * database/released-signatures.txt: the functions that this release's code calls. The next release must not change
 * them.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { withClient, schemaText, signaturesOf } from '../database/index.ts'
import { startMigratedServer } from '../local/migrated-server/index.ts'

const schemaFile = new URL('../database/schema.sql', import.meta.url)
const signaturesFile = new URL('../database/released-signatures.txt', import.meta.url)

const server = await startMigratedServer({})
try {
  await withClient(server.adminUrl, async (client) => {
    await writeFile(schemaFile, await schemaText(client))
    if (!process.argv.includes('--release')) return
    const comments = (await readFile(signaturesFile, 'utf8'))
      .split('\n')
      .filter((line) => line.startsWith('#'))
    await writeFile(signaturesFile, [...comments, ...(await signaturesOf(client)), ''].join('\n'))
  })
} finally {
  await server.dispose()
}
