/**
 * Registers Trickle with Microsoft Entra ID: the API whose tokens it believes, and the applications that call it. It
 * speaks Microsoft Graph with the login of `az`.
 *
 * Invariants: what is there already is kept, and what somebody else added to it stays, so the same command can be run
 * again at any time. With `dry` nothing is changed. A secret is made only when it is asked for, and is told once.
 * It must not touch an application whose name it was not given, and must not delete anything.
 */
export { azureCliToken } from './azure-cli-token.ts'
export { GRAPH_URL, Graph } from './graph.ts'
export { register, type Registered, type Registration } from './register.ts'
export { registeredText } from './registered-text.ts'
