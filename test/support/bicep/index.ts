/**
 * Reads and evaluates Bicep, so that tests can check a deployment with given parameters: its problems, its variables,
 * the resources that it makes. It knows only the part of the language that infra/ uses. Everything else throws an
 * error.
 *
 * Invariants: a value that only Azure knows is Unknown and never guessed, and no decision is based on it. Nothing
 * outside this repository is needed. It is not a compiler: `npm run check:bicep` checks the types of resources.
 */
export { BicepError } from './tokens.ts'
export { DeploymentRefused } from './functions.ts'
export { evaluate, type Scope } from './evaluate.ts'
export { parseExpression } from './parse-expression.ts'
export { parseBicep } from './parse-file.ts'
export { planDeployment, type PlannedResource } from './deployment.ts'
export { DEPLOYER_ID, propertyOf, SUBSCRIPTION, TENANT_ID } from './platform.ts'
export { readBicep } from './read.ts'
export { Template, type Given } from './template.ts'
export { asText, isList, isObject, textOf, Unknown, type ObjectValue, type Value } from './values.ts'
export type { BicepFile, Type } from './syntax.ts'
