/**
 * Writes the official emulator's Config.json: `node local/service-bus-queues/main.ts [file [more queues ...]]`; without a
 * file to stdout. More queues are files of the form of infra/service-bus/queues.json, as those of a test.
 * Values that differ from Azure are listed on stderr, so that nobody expects them in Azure.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { emulatorConfigOf } from './emulator-config.ts'
import { parseQueues, readQueues } from './queues.ts'
import { parseTopics, readTopics } from './topics.ts'

const [file, ...moreFiles] = process.argv.slice(2)
const texts = await Promise.all(moreFiles.map(async (one) => [await readFile(one, 'utf8'), one] as const))
const queues = [...(await readQueues()), ...texts.flatMap(([content, one]) => parseQueues(content, one))]
const topics = [...(await readTopics()), ...texts.flatMap(([content, one]) => parseTopics(content, one))]
const { config, narrowed } = emulatorConfigOf(queues, topics)
const text = `${JSON.stringify(config, null, 2)}\n`
if (file === undefined) process.stdout.write(text)
else await writeFile(file, text)
for (const { queue, setting, azure, emulator } of narrowed)
  process.stderr.write(`${queue}: ${setting} is ${emulator} in the emulator, ${azure} in Azure\n`)
