import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ask, databaseName, kqlFolder, startHarness } from './harness.ts'

/**
 * Where the tests of the engine ask: the stand-in, or the real engine whose address is in TRICKLE_TEST_KUSTO_URL (the
 * official emulator: queries and commands, no ingestion by queue or stream). What holds here must hold for both.
 */
export interface Engine {
  readonly url: string
  /** Runs the files of infra/kql again. */
  runKqlFiles(): Promise<void>
  close(): Promise<void>
}

export async function startEngine(): Promise<Engine> {
  const url = process.env['TRICKLE_TEST_KUSTO_URL'] ?? ''
  return url === '' ? await standIn() : await realEngine(url)
}

async function standIn(): Promise<Engine> {
  const harness = await startHarness()
  return {
    get url() {
      return harness.analytics.url
    },
    // It runs them at each start.
    runKqlFiles: () => harness.restart(),
    close: () => harness.close(),
  }
}

async function realEngine(url: string): Promise<Engine> {
  const runKqlFiles = async (): Promise<void> => {
    const names = (await readdir(kqlFolder)).filter((name) => name.endsWith('.kql')).toSorted()
    for (const name of names) {
      const text = await readFile(join(kqlFolder, name), 'utf8')
      await ask(url, `.execute database script with (ThrowOnErrors=true) <|\n${text}`)
    }
  }
  const folder = `/kustodata/dbs/${databaseName}`
  await ask(
    url,
    `.create database ${databaseName} ifnotexists persist (@"${folder}/md", @"${folder}/data")`,
    {},
    'NetDefaultDB',
  )
  await ask(url, '.drop table Things ifexists')
  await runKqlFiles()
  return { url, runKqlFiles, close: () => Promise.resolve() }
}
