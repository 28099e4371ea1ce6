/** Before `azd provision`: what the chosen parameters will cost, or why they are refused. Loaded by start.mjs. */
import { runHook, runPreprovision } from './index.ts'

process.exitCode = await runHook((report) => runPreprovision({ environment: process.env, report }))
