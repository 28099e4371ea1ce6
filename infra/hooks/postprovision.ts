/** After `azd provision`: restart where it is due, roles, database, migrations. Loaded by start.mjs. */
import { runHook, runPostprovision } from './index.ts'

process.exitCode = await runHook((report) => runPostprovision({ environment: process.env, report }))
