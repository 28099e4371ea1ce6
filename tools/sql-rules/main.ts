import { checkSql } from './index.ts'

const violations = await checkSql()
for (const { source, rule } of violations) console.error(`${source}: ${rule}`)
console.log(violations.length === 0 ? 'SQL: clean' : `SQL: ${violations.length} violations`)
process.exitCode = violations.length === 0 ? 0 : 1
