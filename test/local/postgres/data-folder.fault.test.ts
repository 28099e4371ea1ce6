import {
  chmodSync,
  chownSync,
  cpSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startServer } from '../../../local/postgres/index.ts'
import { asRoot, failureOf, Ground, query, WHY_ROOT } from './support.ts'

const SLOW = 60_000

describe('what can be wrong with a data folder', () => {
  let ground: Ground
  beforeEach(() => {
    ground = new Ground()
  })
  afterEach(async () => {
    await ground.clean()
  }, SLOW)

  const again = async (folder: string, port = 0): Promise<unknown> =>
    await startServer({ dataFolder: folder, port, durable: false })

  /** A folder with a table in it, its server stopped. */
  async function usedFolder(): Promise<{ folder: string; data: string }> {
    const folder = ground.path('home')
    const server = await ground.start(folder)
    await query(server.adminUrl, 'create table kept as select 1 as one')
    await server.stop()
    return { folder, data: server.dataFolder }
  }

  test(
    'without PG_VERSION it is reported as broken and nothing in it is touched',
    { timeout: SLOW },
    async () => {
      const { folder, data } = await usedFolder()
      rmSync(join(data, 'PG_VERSION'))
      const before = readdirSync(data)
      const failure = await failureOf(again(folder))
      expect(failure.code).toBe('DATA_FOLDER_BROKEN')
      expect(failure.where).toBe(join(data, 'PG_VERSION'))
      expect(failure.mend).toContain('--fresh')
      expect(readdirSync(data)).toEqual(before)
    },
  )

  test('made by another version it names both', { timeout: SLOW }, async () => {
    const { folder, data } = await usedFolder()
    writeFileSync(join(data, 'PG_VERSION'), '16\n')
    const failure = await failureOf(again(folder))
    expect(failure.code).toBe('DATA_FOLDER_OTHER_VERSION')
    expect(failure.message).toContain('"16"')
    expect(failure.message).toContain('18')
  })

  test('a damaged control file and a lost password are reported as broken', { timeout: SLOW }, async () => {
    const { folder, data } = await usedFolder()
    const controlFile = join(data, 'global', 'pg_control')
    cpSync(controlFile, ground.path('pg_control'))
    truncateSync(controlFile, 100)
    const damaged = await failureOf(again(folder))
    expect(damaged.code).toBe('DATA_FOLDER_BROKEN')
    expect(damaged.message).toContain('pg_control')

    writeFileSync(controlFile, readFileSync(ground.path('pg_control')))
    rmSync(join(folder, 'password'))
    const locked = await failureOf(again(folder))
    expect(locked.code).toBe('DATA_FOLDER_BROKEN')
    expect(locked.where).toBe(join(folder, 'password'))
  })

  test('a file that cannot be read says who may not read what', { timeout: SLOW }, async () => {
    const { folder, data } = await usedFolder()
    const file = join(data, 'postgresql.conf')
    chmodSync(file, 0o000)
    if (asRoot) chownSync(file, 0, 0)
    const failure = await failureOf(again(folder))
    expect(failure.code).toBe('PERMISSION_MISSING')
    expect(failure.message).toContain('postgresql.conf')
  })

  test('a folder of another account is refused', { timeout: SLOW }, async (context) => {
    context.skip(!asRoot, WHY_ROOT)
    const { folder, data } = await usedFolder()
    const { uid, gid } = statSync(data)
    chownSync(data, 12_345, 12_345)
    const failure = await failureOf(again(folder))
    expect(failure.code).toBe('PERMISSION_MISSING')
    expect(failure.message).toContain('12345')
    chownSync(data, uid, gid)
  })

  test('a taken port names the process that holds it', { timeout: SLOW }, async () => {
    const { folder } = await usedFolder()
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    ground.onClean(() => holder.close())
    const address = holder.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const failure = await failureOf(again(folder, port))
    expect(failure.code).toBe('PORT_TAKEN')
    expect(failure.message).toContain(String(port))
    expect(failure.message).toContain(
      process.platform === 'linux' ? `process ${process.pid}` : 'another program',
    )
  })

  test('a file in the place of the folder is reported', { timeout: SLOW }, async () => {
    writeFileSync(ground.path('home'), 'not a folder')
    const failure = await failureOf(again(ground.path('home')))
    expect(failure.code).toBe('NOT_A_HOME')
    expect(failure.where).toContain('home')
  })
})
