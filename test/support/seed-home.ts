import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { inject } from 'vitest'
import { holdFile } from '../../local/file-lock/index.ts'
import { ensureApp } from '../../local/run/app-build.ts'
import { homeAt } from '../../local/run/home.ts'
import { buildApp } from '../../tools/build.ts'

const execute = promisify(execFile)

/**
 * Puts into a new home what its first start would make: the bundle, built once for all tests of a run, and a migrated
 * PostgreSQL. This saves half of a first start's time. Tests of the start itself use an empty folder.
 */
export async function seedHome(home: string): Promise<void> {
  const to = homeAt(home)
  mkdirSync(to.postgres, { recursive: true, mode: 0o711 })
  writeFileSync(join(home, 'trickle-home.json'), '{}')
  const app = await builtApp()
  await cp(app.app, to.app, { recursive: true })
  await cp(app.appFile, to.appFile)
  const template = inject('serverTemplate')
  if (template === null) return
  // `cp -a` keeps the owner of the data. For a run as root that is the server's account.
  await execute('cp', ['-a', join(template.folder, 'data'), join(template.folder, 'password'), to.postgres])
}

/** One file of the run builds the app. The other files wait for it. */
async function builtApp() {
  const folder = join(tmpdir(), 'built-app')
  mkdirSync(folder, { recursive: true })
  const built = homeAt(folder)
  while (!existsSync(built.appFile)) {
    const lock = holdFile(join(folder, 'lock'))
    if (lock === null) {
      await delay(100)
      continue
    }
    try {
      await ensureApp(built, async (outFolder) => {
        await buildApp({ outFolder })
      })
    } finally {
      lock.release()
    }
  }
  return built
}
