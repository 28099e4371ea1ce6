// The vault, the key and the identity for a database that is encrypted with the customer's own key. Made only then: nothing
// else of Trickle keeps a secret.
//
// The vault and its key outlive `azd down`: purge protection can not be taken back, and for 90 days the name of the
// deleted vault is taken (docs/azure has the commands to recover it). The server refuses a key without purge
// protection: anybody who could purge the key could destroy the data and all its backups.

@minLength(3)
@maxLength(24)
param name string
param location string
param tags { *: string }
param logAnalyticsId string

// Key Vault Crypto Service Encryption User: read, wrap and unwrap, nothing else.
var encryptionUserRole = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  'e147488a-f6f5-4113-8e2d-b22465e65bf6'
)

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    // Microsoft's advice for keys of a database; it can not be changed afterwards.
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    // Only the platform uses this vault, by way of the trusted services; the key is made through Resource Manager. So
    // it needs neither public access nor a private endpoint.
    publicNetworkAccess: 'Disabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: 'Deny'
    }
  }
}

// Writing a key that exists is no new version, so a second provision changes nothing.
resource key 'Microsoft.KeyVault/vaults/keys@2025-05-01' = {
  parent: vault
  name: 'postgres'
  properties: {
    // The service takes RSA only, and recommends 4096.
    kty: 'RSA'
    keySize: 4096
    keyOps: ['wrapKey', 'unwrapKey']
    // A new version each year, which the server takes up by itself (its key address has no version). No expiry: a key that
    // expires makes the database inaccessible.
    rotationPolicy: {
      lifetimeActions: [
        {
          trigger: { timeAfterCreate: 'P1Y' }
          action: { type: 'rotate' }
        }
      ]
    }
  }
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-${name}-encryption'
  location: location
  tags: tags
}

// The right is given on the one key, not on the vault. A module that reads outputs of this one also waits for this
// right.
resource mayEncrypt 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: key
  name: guid(key.id, identity.id, encryptionUserRole)
  properties: {
    roleDefinitionId: encryptionUserRole
    principalId: identity.properties.principalId
    // The type is named, because a new identity may not have reached every copy of the directory yet.
    principalType: 'ServicePrincipal'
  }
}

// Who used the key, and who tried to.
// The rule asks for a version of 2016, which is older and knows less.
#disable-next-line use-recent-api-versions
resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'log-analytics'
  properties: {
    workspaceId: logAnalyticsId
    logAnalyticsDestinationType: 'Dedicated'
    logs: [{ category: 'AuditEvent', enabled: true }]
  }
}

@description('Without a version, so that the server follows the rotation.')
output keyUri string = key.properties.keyUri
output identityId string = identity.id
