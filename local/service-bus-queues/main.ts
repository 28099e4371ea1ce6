/**
 * Writes the official emulator's Config.json: `node local/service-bus-queues/main.ts [file]`; without a file to stdout.
 * Values that differ from Azure are listed on stderr, so that nobody expects them in Azure.
 */
import { writeFile } from 'node:fs/promises'
import { emulatorConfigOf } from './emulator-config.ts'
import { readQueues } from './queues.ts'

const { config, narrowed } = emulatorConfigOf(await readQueues())
const text = `${JSON.stringify(config, null, 2)}\n`
const [file] = process.argv.slice(2)
if (file === undefined) process.stdout.write(text)
else await writeFile(file, text)
for (const { queue, setting, azure, emulator } of narrowed)
  process.stderr.write(`${queue}: ${setting} is ${emulator} in the emulator, ${azure} in Azure\n`)
