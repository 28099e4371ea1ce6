import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ask, DATABASE_NAME, kqlFolder, startHarness } from './harness.ts'

/**
 * Where the tests of the engine ask: the stand-in, or the real engine whose address is in TRICKLE_TEST_KUSTO_URL (the
 * official emulator: queries and commands, no ingestion by queue or stream). What holds here must hold for both.
 */
export interface Engine {
  readonly url: string
  /** Runs the files of infra/kql again. */
  runKqlFiles(): Promise<void>
  /** Takes away a table that an earlier run may have left. */
  drop(table: string): Promise<void>
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
    // Its folder is new.
    drop: () => Promise.resolve(),
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
  await makeDatabase(url)
  await runKqlFiles()
  return {
    url,
    runKqlFiles,
    drop: async (table) => {
      await ask(url, `.drop table ${table} ifexists`)
    },
    close: () => Promise.resolve(),
  }
}

/** The database that every emulator has, from which others are made. */
const FIRST_DATABASE = 'NetDefaultDB'

async function makeDatabase(url: string): Promise<void> {
  const isThere = async (): Promise<boolean> => {
    const found = await ask(
      url,
      `.show databases | where DatabaseName == '${DATABASE_NAME}'`,
      {},
      FIRST_DATABASE,
    )
    return found.length > 0
  }
  if (await isThere()) return
  const folder = `/kustodata/dbs/${DATABASE_NAME}`
  const create = `.create database ${DATABASE_NAME} persist (@"${folder}/md", @"${folder}/data")`
  await ask(url, create, {}, FIRST_DATABASE).catch(async (error: unknown) => {
    // Another file of tests, which runs at the same time, was first.
    if (!(await isThere())) throw error
  })
}
