/** Before `azd provision`: what the chosen parameters will cost, or why they can't be. Loaded by start.mjs. */
import { runHook, runPreprovision } from './index.ts'

process.exitCode = await runHook((report) => runPreprovision({ environment: process.env, report }))
