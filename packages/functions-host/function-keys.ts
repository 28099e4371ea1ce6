/**
 * Function keys: a master key, a key for all functions (host key), and one for each HTTP function.
 *
 * They are kept in one file with mode 0600, so that a key given to a client survives a restart of the host.
 * Source: azure-functions-host, AuthenticationLevelHandler.cs, SecretManager.cs.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HostStartFailure, messageOf, systemCodeOf } from './start-failure.ts'

export type KeyLevel = 'anonymous' | 'function' | 'admin'

export interface FunctionKeys {
  readonly masterKey: string
  readonly hostKey: string
  /** The function's own key; the host keeps one for every HTTP function. */
  keyOf(functionName: string): string | undefined
  /** The level of a key: 'admin' for the master key, 'function' for the host key and the named function's own key. */
  levelOf(key: string, functionName?: string): KeyLevel
}

interface KeyFile {
  readonly masterKey: string
  readonly hostKey: string
  /** By function name in lower case. */
  readonly functionKeys: Readonly<Record<string, string>>
}

/** The platform's keys have 40 random bytes too. */
const KEY_BYTES = 40
const FILE_NAME = 'function-keys.json'

/**
 * Reads `<state>/function-keys.json`, adds the keys that are missing, and writes it back when it has changed.
 * @throws HostStartFailure STATE_BROKEN when the file can't be read, understood or written
 */
export async function openFunctionKeys(
  stateFolder: string,
  functionNames: readonly string[],
): Promise<FunctionKeys> {
  const file = join(stateFolder, FILE_NAME)
  try {
    const kept = await readKeyFile(file)
    const keys: KeyFile = {
      masterKey: kept?.masterKey ?? newKey(),
      hostKey: kept?.hostKey ?? newKey(),
      functionKeys: {
        ...Object.fromEntries(functionNames.map((name) => [name.toLowerCase(), newKey()])),
        ...kept?.functionKeys,
      },
    }
    if (JSON.stringify(keys) !== JSON.stringify(kept)) await writeKeyFile(stateFolder, file, keys)
    await chmod(file, 0o600)
    return createFunctionKeys(keys)
  } catch (error) {
    const advice = 'mend or delete the file (new keys are made then)'
    throw new HostStartFailure(
      'STATE_BROKEN',
      `${file} can't be used (${messageOf(error)}); ${advice}.`,
      error,
    )
  }
}

async function readKeyFile(file: string): Promise<KeyFile | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined
    throw error
  }
  const content = JSON.parse(text) as Partial<KeyFile>
  if (
    typeof content.masterKey !== 'string' ||
    typeof content.hostKey !== 'string' ||
    typeof content.functionKeys !== 'object'
  ) {
    throw new TypeError('it is not a file of function keys')
  }
  return { masterKey: content.masterKey, hostKey: content.hostKey, functionKeys: content.functionKeys }
}

async function writeKeyFile(folder: string, file: string, keys: KeyFile): Promise<void> {
  await mkdir(folder, { recursive: true })
  // Written under another name and renamed: a crash must not leave half a file that no later start can read.
  const draft = `${file}.${process.pid}.new`
  await writeFile(draft, JSON.stringify(keys, undefined, 2), { mode: 0o600 })
  await rename(draft, file)
}

function newKey(): string {
  return randomBytes(KEY_BYTES).toString('base64url')
}

function createFunctionKeys(keys: KeyFile): FunctionKeys {
  const master = digest(keys.masterKey)
  const host = digest(keys.hostKey)
  const own = new Map(Object.entries(keys.functionKeys).map(([name, key]) => [name, digest(key)]))
  return {
    masterKey: keys.masterKey,
    hostKey: keys.hostKey,
    keyOf: (functionName) => keys.functionKeys[functionName.toLowerCase()],
    levelOf(key, functionName) {
      const presented = digest(key)
      if (timingSafeEqual(presented, master)) return 'admin'
      if (timingSafeEqual(presented, host)) return 'function'
      const ownKey = functionName === undefined ? undefined : own.get(functionName.toLowerCase())
      return ownKey !== undefined && timingSafeEqual(presented, ownKey) ? 'function' : 'anonymous'
    },
  }
}

/** All digests have the same length, so comparing them takes the same time for every key. */
function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

/** Whether a caller's level is enough: the same level as required, or admin. */
export function isLevelEnough(level: KeyLevel, required: KeyLevel): boolean {
  return required === 'anonymous' || level === 'admin' || level === required
}
