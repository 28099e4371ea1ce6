/**
 * `node tools/house-rules/main.ts [--fix FOLDER ...]`: says what breaks a rule of the house. With --fix it first mends
 * what it can below the folders; exit code 1 when something is left.
 */
import { checkHouse, mendHouse } from './index.ts'
import { repository } from './source-tree.ts'

const [flag, ...folders] = process.argv.slice(2)
if (flag === '--fix') for (const line of mendHouse(repository, folders)) console.error(`left: ${line}`)
const findings = await checkHouse(repository)
for (const { file, line, message } of findings) console.error(`${file}:${line} ${message}`)
console.log(findings.length === 0 ? 'house rules: clean' : `house rules: ${findings.length} findings`)
process.exitCode = findings.length === 0 ? 0 : 1
