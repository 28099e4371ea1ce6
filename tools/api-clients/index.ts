/**
 * Makes clients of the OpenAPI document by the generators of docs/generated-clients.md, and runs the page's programs
 * with them against a running product. It must not change a program: exactly the text that a reader copies is compiled
 * and run. What it installs goes into a folder of its own and nowhere into this repository.
 */
export { generatedClients, type GeneratedClient } from './clients.ts'
export { ClientFailure, tryClient } from './try-client.ts'
export { programUnder } from './program-under.ts'
