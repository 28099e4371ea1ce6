import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Owner } from '../../database/index.ts'

/** A folder of owners that a test writes: a checkout of its own, which can be changed. */
export class Checkout {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  static async create(): Promise<Checkout> {
    return new Checkout(await mkdtemp(join(tmpdir(), 'trickle-checkout-')))
  }

  /** The owners by these names, in this order. */
  owners(...names: string[]): Owner[] {
    return names.map((name) => ({ name, folder: join(this.folder, name) }))
  }

  /** @param path such as `notes/sql/count_notes.sql` */
  async write(path: string, text: string): Promise<void> {
    const file = join(this.folder, path)
    await mkdir(join(file, '..'), { recursive: true })
    await writeFile(file, text)
  }

  /** Both files of a migration. @param name such as `notes/0001_notes` */
  async migration(name: string, up: string, down: string): Promise<void> {
    const [owner = '', title = ''] = name.split('/')
    await this.write(`${owner}/migrations/${title}.up.sql`, up)
    await this.write(`${owner}/migrations/${title}.down.sql`, down)
  }

  async remove(path: string): Promise<void> {
    await rm(join(this.folder, path))
  }

  /** The checkout as it is now, to be gone back to. */
  async copy(): Promise<Checkout> {
    const other = await Checkout.create()
    await cp(this.folder, other.folder, { recursive: true })
    return other
  }

  async dispose(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}
