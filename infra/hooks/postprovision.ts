/** After `azd provision`: restart where one is needed, roles, database, migrations. Loaded by start.mjs. */
import { runHook, runPostprovision } from './index.ts'

process.exitCode = await runHook((report) => runPostprovision({ environment: process.env, report }))
