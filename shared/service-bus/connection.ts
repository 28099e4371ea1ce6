/** The settings of a connection, as the platform's triggers name them. */
export interface ConnectionSettings {
  /** `ServiceBusConnection`: of the local broker, or of the emulator. */
  readonly connectionString?: string | undefined
  /** `ServiceBusConnection__fullyQualifiedNamespace`: in Azure, where an identity is used. */
  readonly namespace?: string | undefined
  /** `ServiceBusConnection__clientId` of a user-assigned identity. */
  readonly clientId?: string | undefined
}

export type ConnectionFacts =
  | { readonly connectionString: string }
  | { readonly namespace: string; readonly clientId: string | undefined }

/** Null where there is no Service Bus. A connection string comes first, as for the triggers. */
export function connectionOf(settings: ConnectionSettings): ConnectionFacts | null {
  const { connectionString, namespace, clientId } = settings
  if (connectionString !== undefined) return { connectionString }
  return namespace === undefined ? null : { namespace, clientId }
}
