/**
 * Evidence of a deployment: its outputs, what Azure says of it, a smoke test, and an answer to each line of the list of
 * unknowns, from which docs/azure/unknowns.md is made.
 *
 * Invariants: it only reads from Azure. The smoke test writes only when it is asked to, one stream in a tenant made for
 * it. Secrets never get into a report, and what was not seen is told as not answered.
 */
export { AzureReader } from './azure-reader.ts'
export { collectEvidence, type Evidence } from './collect.ts'
export { readDeploymentValues } from './deployment-values.ts'
export { evidenceText } from './evidence-text.ts'
export { MANAGEMENT_URL, managementLogin } from './management-login.ts'
export { Redactor } from './redactor.ts'
