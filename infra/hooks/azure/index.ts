/**
 * What the hooks ask of Azure beside PostgreSQL: tokens of the account that runs azd, a restart, the
 * server parameters that the template leaves, a firewall rule for the time of a run. Each has an interface so small that a test can replace it over HTTP.
 *
 * Invariant: a token goes to the address that it was made for and to no other, and is never printed.
 */
export { azureLogin, claimsOf, type AzureLogin } from './login.ts'
export { ManagementClient, type ManagementOptions, type ServerPlace } from './management.ts'
export { settleParameters, type ParameterAccess } from './parameters.ts'
export { hasServer, readCapabilities, type Capability } from './capabilities.ts'
export { MANAGEMENT_URL, type ManagementAddress } from './management-request.ts'
export { FIREWALL_RULE_NAME, ownAddress, withFirewallRule } from './firewall.ts'
