/**
 * Reads and evaluates Bicep, so that tests can ask what a deployment would be with given parameters: its problems, its
 * variables, the resources it makes. Only the part of the language that infra/ uses; anything else throws and says what.
 *
 * Invariants: a value that only Azure knows is Unknown, never guessed, and no decision is taken on one. Nothing outside
 * this repository is needed. It is no compiler: types of resources are checked by `npm run check:bicep`.
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
