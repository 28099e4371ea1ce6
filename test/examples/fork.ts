import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const repository = fileURLToPath(new URL('../..', import.meta.url))

/** What is not of the product's text, or would be copied without need. */
const NOT_COPIED = new Set(['.git', 'node_modules', 'dist', '.trickle', 'coverage'])

/** A copy of the product with a history of its own, which a team develops further. */
export class Fork {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  /** With the product's text as it is now, committed on the branch `product`. */
  static async create(): Promise<Fork> {
    const fork = new Fork(await mkdtemp(join(tmpdir(), 'trickle-fork-')))
    await cp(repository, fork.folder, {
      recursive: true,
      // local/postgres/version-17 may have packages of its own.
      filter: (source) =>
        !NOT_COPIED.has(relative(repository, source).split(/[\\/]/)[0] ?? '') &&
        basename(source) !== 'node_modules',
    })
    await symlink(join(repository, 'node_modules'), join(fork.folder, 'node_modules'))
    await fork.git('init', '-q', '-b', 'product')
    await fork.commit('The product')
    return fork
  }

  path(file: string): string {
    return join(this.folder, file)
  }

  read(file: string): Promise<string> {
    return readFile(this.path(file), 'utf8')
  }

  async edit(file: string, change: (text: string) => string): Promise<void> {
    const before = await this.read(file)
    const after = change(before)
    if (after === before) throw new Error(`nothing of ${file} was changed`)
    await writeFile(this.path(file), after)
  }

  /** @throws where git does, with what it printed */
  async git(...args: string[]): Promise<string> {
    const identity = ['-c', 'user.name=fork', '-c', 'user.email=fork@example.com']
    // Nothing of the machine's own configuration: a hook or a signature would be no part of this.
    const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }
    const { stdout } = await run('git', [...identity, ...args], { cwd: this.folder, env })
    return stdout
  }

  async commit(message: string): Promise<void> {
    await this.git('add', '-A')
    await this.git('commit', '-q', '-m', message)
  }

  /** `npm run generate`, as its script says. */
  async generate(...options: string[]): Promise<string> {
    const { stdout } = await run(process.execPath, ['tools/generate.ts', ...options], { cwd: this.folder })
    return stdout
  }

  async dispose(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}
