/**
 * `node tools/house-rules/main.ts [--fix FOLDER ...]`: reports what breaks a rule of this project. With --fix it first
 * corrects what it can in the folders. Exit code 1 when something still breaks a rule.
 */
import { checkHouse, mendHouse } from './index.ts'
import { repository } from './source-tree.ts'

const [flag, ...folders] = process.argv.slice(2)
if (flag === '--fix') for (const line of mendHouse(repository, folders)) console.error(`left: ${line}`)
const findings = await checkHouse(repository)
for (const { file, line, message } of findings) console.error(`${file}:${line} ${message}`)
console.log(findings.length === 0 ? 'house rules: clean' : `house rules: ${findings.length} findings`)
process.exitCode = findings.length === 0 ? 0 : 1
