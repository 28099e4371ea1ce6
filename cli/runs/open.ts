import type { options } from '../commands/open.ts'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { addressOf } from '../client.ts'
import type { ContextOf } from '../frame/index.ts'

export async function run({
  values,
  home,
  print,
  note,
  screen,
}: ContextOf<typeof options>): Promise<number | void> {
  const page = `${addressOf({ home, url: values.url, insecure: values.insecure })}/api/docs`
  print({ page }, page)
  if (values.print || !screen.isTerminal) return
  const [program, ...words] = openerOf(page)
  const failure = await startProgram(program, words)
  if (failure !== null)
    note(`It could not be opened with ${program} (${failure}): open the address yourself.`)
}

/** The program of this system that opens an address. None of them goes by a shell, which would read `&` in it. */
function openerOf(page: string): [string, ...string[]] {
  const browser = process.env['BROWSER']
  if (browser !== undefined && browser !== '') return [browser, page]
  if (process.platform === 'darwin') return ['open', page]
  if (process.platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler', page]
  return ['xdg-open', page]
}

/** Starts a program that outlives this process. @returns why it could not be started; null if it was */
async function startProgram(program: string, words: readonly string[]): Promise<string | null> {
  const child = spawn(program, words, { stdio: 'ignore', detached: true })
  try {
    await once(child, 'spawn')
    child.unref()
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
