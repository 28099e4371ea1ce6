// The file that azure.yaml names; see start.mjs.
import { start } from './start.mjs'
await start('preprovision')
