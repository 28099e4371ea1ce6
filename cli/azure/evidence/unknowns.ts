/** What documentation, types and offline checks could not settle. */
export interface Unknown {
  /** Pages and messages name it by this number, so it never changes; a settled one keeps its place. */
  readonly number: number
  /** In Markdown, as a half sentence: "whether …". */
  readonly about: string
  /** What the template does meanwhile, or nothing where it does nothing special. */
  readonly meanwhile: string
  /** What to do if it is otherwise than the template believes. */
  readonly otherwise: string
  /** How a person finds out, where `trickle azure evidence` can't read it. */
  readonly findOut: string
}

/**
 * The one list of unknowns: docs/azure/unknowns.md is made from it, and `trickle azure evidence` answers it line by
 * line. Links are relative to that page.
 */
export const unknowns: readonly Unknown[] = [
  {
    number: 1,
    about:
      "whether a later PUT with `createMode: 'Update'` leaves a replica a replica, with every property left out that may change it",
    meanwhile:
      "replicas are made once (`@onlyIfNotExists()`), and updated by a second module in the way of Microsoft's own sample",
    otherwise:
      'set `TRICKLE_REPLICAS` to `[]` after they exist, in `trial` take the one out of `infra/sizes.json`: nothing is deleted by leaving them out, the template merely stops touching them',
    findOut: 'deploy the size `trial` (it has a replica) twice; the second `azd provision` updates it',
  },
  {
    number: 2,
    about:
      'whether `@retryOn` meets the code of an asynchronous failure (`ServerIsBusy` inside an operation)',
    meanwhile: 'writes to the server go one after the other, so that there is little to retry',
    otherwise: '`azd provision` again: it goes on where it ended',
    findOut:
      'a deployment that failed with `ServerIsBusy` says no; one that succeeded beside such an entry in the activity log says yes',
  },
  {
    number: 3,
    about: 'whether writing a static parameter only marks it as pending or restarts the server at once',
    meanwhile: 'the hook asks which are pending, and restarts only then',
    otherwise:
      'an earlier restart does no harm: at that time nobody uses the server, and the hook finds nothing pending',
    findOut:
      'the lines of the hook at the first provision: *restart* names the parameters that were pending. Activity log: *Restart PostgreSQL server*',
  },
  {
    number: 4,
    about: "whether Entra authentication and administrators of a fresh replica are the primary's",
    meanwhile: 'each replica gets `authConfig` of its own; roles come with the data',
    otherwise: '`az postgres flexible-server microsoft-entra-admin create -g ... -s <replica> ...`',
    findOut: 'deploy the size `trial`, which has a replica',
  },
  {
    number: 5,
    about: 'whether Azure Data Explorer wants the client id or the object id of a managed identity',
    meanwhile: 'the client id, with the type `App`, as documented',
    otherwise:
      'swap it in the module of the principals; the symptom is 403 `Principal … is not authorized` from the forwarder',
    findOut:
      'deploy with Data Explorer (`trial` has it), append, and look at `npx trickle subscriptions show forward-adx`: 0 failures, and the batch was sent',
  },
  {
    number: 6,
    about:
      "whether Flex Consumption's rolling update is available in your region (preview, not in the published types)",
    meanwhile: 'on, but not in `dev` and `trial`',
    otherwise:
      '`azd env set TRICKLE_ROLLING_UPDATE off`: at a deployment running requests are then cut off. Callers send them again; appends are idempotent by id',
    findOut: '`azd env set TRICKLE_ROLLING_UPDATE on && azd provision`',
  },
  {
    number: 7,
    about: 'whether instances of 512 MB are taken',
    meanwhile: 'sizes use 2,048 MB or more',
    otherwise: '–',
    findOut: 'set `instanceMemoryMb` of `dev` in `infra/sizes.json` to 512 and provision',
  },
  {
    number: 8,
    about: 'whether the newest stable API version of Service Bus (2026-01-01) is in every region',
    meanwhile: 'it is used, and Service Bus is made only where it is asked for',
    otherwise: 'put 2024-01-01 back into `infra/modules/service-bus.bicep`: nothing of the newer one is used',
    findOut:
      '`az provider show -n Microsoft.ServiceBus --query "resourceTypes[?resourceType==\'namespaces\']"`',
  },
  {
    number: 9,
    about: 'whether PgBouncer and elastic clusters on PostgreSQL 18 are equal to 17',
    meanwhile: 'version 17',
    otherwise: '[upgrade.md](upgrade.md) when you know',
    findOut: 'make a server of version 18 beside yours and run the smoke test against it by port 6432',
  },
  {
    number: 10,
    about:
      "whether the certificate covers the virtual endpoint's names (two labels before `postgres.database.azure.com`), since the app verifies host names",
    meanwhile: 'virtual endpoints are off by default',
    otherwise:
      'leave `TRICKLE_VIRTUAL_ENDPOINT` at `false`; after a promotion change the settings ([restore.md](restore.md), "Without azd")',
    findOut:
      '`azd env set TRICKLE_VIRTUAL_ENDPOINT true && azd provision`; then `openssl s_client -starttls postgres -connect <server>-pair.writer.postgres.database.azure.com:5432 -verify_hostname <the same name>`',
  },
  {
    number: 11,
    about: 'which parameters a point-in-time restore keeps (Microsoft says: not automatically all)',
    meanwhile: 'the template writes them again ([restore.md](restore.md), step 3)',
    otherwise: 'the same',
    findOut: 'restore to another name, and compare `az postgres flexible-server parameter list` of both',
  },
  {
    number: 12,
    about:
      'whether an Entra administrator has the attributes `REPLICATION` and `BYPASSRLS`, or may give them (needed only for a move by logical replication)',
    meanwhile: 'the in-place upgrade needs neither',
    otherwise: 'upgrade in place ([upgrade.md](upgrade.md))',
    findOut:
      '`select rolreplication, rolbypassrls from pg_roles where rolname = current_user`, as the administrator on 5432',
  },
  {
    number: 13,
    about: 'whether a server with private endpoints can reach another one as a subscriber',
    meanwhile: '',
    otherwise:
      'open public access for the move, with a firewall rule for the other server; or upgrade in place',
    findOut: '`create subscription` between two servers of a private network',
  },
  {
    number: 14,
    about: 'what `azd provision` does to servers whose roles were swapped by a promotion',
    meanwhile: '',
    otherwise: 'switch back first ([replicas.md](replicas.md))',
    findOut: '`azd provision --preview` after a planned switchover',
  },
  {
    number: 15,
    about:
      'that Entra puts a directory extension into access tokens as `extn.tenant` (documented, not seen by us)',
    meanwhile: '',
    otherwise:
      'look into a token ([deploy.md](deploy.md), step 6), and set `TRICKLE_AUTH_TENANT_CLAIM` to what is there',
    findOut: "give the command a user's token: `TRICKLE_TOKEN` ([deploy.md](deploy.md), step 6)",
  },
  {
    number: 16,
    about: 'whether a PUT of the template on a restored server is taken (it names no `createMode`)',
    meanwhile: '',
    otherwise: '[restore.md](restore.md), "Without azd"',
    findOut: 'restore to another name, `azd env set TRICKLE_POSTGRES_SERVER <name> && azd provision`',
  },
  {
    number: 17,
    about:
      'whether `azure_pg_admin` may be granted roles, so that any administrator can deploy the next time',
    meanwhile: '',
    otherwise:
      'the hook warns and goes on; deploy as the one who deployed first, or see [rotation.md](rotation.md)',
    findOut: 'the lines of the hook after the first provision: no warning about the roles means yes',
  },
  {
    number: 18,
    about:
      'whether an elastic cluster takes data definitions under `set role`, and the Entra functions in its one database',
    meanwhile: '',
    otherwise: 'the migrations hand objects over by `reassign owned`; roles can be attached by hand',
    findOut: '`azd env set TRICKLE_ELASTIC_CLUSTER_NODES 2 && azd up` in an environment of its own',
  },
  {
    number: 19,
    about: "the exact refusals of the server's firewall and of ended tokens",
    meanwhile: '',
    otherwise: 'the hook tells them by their SQLSTATE, and says what it got',
    findOut: '`TRICKLE_CLIENT_ADDRESS=off azd hooks run postprovision` from a machine that no rule lets in',
  },
  {
    number: 20,
    about:
      'whether the capabilities of a region come in the documented form for every kind of subscription (`infra/hooks/azure/capabilities.ts`)',
    meanwhile: '',
    otherwise: 'in another form the hook warns and goes on',
    findOut: 'the line *region* of the hook before the first provision',
  },
  {
    number: 21,
    about:
      "that Entra's `common` document and keys have the form that is documented (`issuer` with `{tenantid}`, an `issuer` at each key), for issuers with `{tid}`",
    meanwhile: '',
    otherwise:
      '503 `ISSUER_UNAVAILABLE` says so; name each directory as an issuer of its own in `TRICKLE_AUTH_ISSUERS` until then',
    findOut: '`curl https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration`',
  },
  {
    number: 22,
    about: 'prices',
    meanwhile: 'the hook and [deploy.md](deploy.md) print estimates',
    otherwise: 'the pricing calculator knows',
    findOut: 'Cost Management of the resource group, two days after the deployment',
  },
  {
    number: 23,
    about:
      'that Flex Consumption takes `AzureWebJobs.forwarding.Disabled` (documented for Functions; names with a hyphen were refused on Linux, so that function has none)',
    meanwhile: '',
    otherwise:
      'leave `disabledFunctions` out of `infra/modules/apps.bicep`: the timer then runs, and finds nothing to send',
    findOut:
      'deploy without Data Explorer (`dev` has none), and look at the function `forwarding` of the background app in the portal',
  },
  {
    number: 24,
    about:
      "that a new server's `max_connections`, `shared_buffers`, `effective_cache_size`, `maintenance_work_mem` and `wal_buffers` are what the parameter pages compute",
    meanwhile: '',
    otherwise: 'the hook compares, and writes what differs; its lines *parameters* say which',
    findOut: 'the lines *parameters* of the hook at the first provision',
  },
  {
    number: 25,
    about: 'whether the package of an app in a private network can be deployed from outside of it',
    meanwhile: '',
    otherwise: 'run `azd deploy` inside, where the hook must run anyway ([pipeline.md](pipeline.md))',
    findOut: '`azd deploy` of a private network, from outside',
  },
  {
    number: 26,
    about:
      'whether a cluster of Data Explorer that has stopped itself takes `azd provision`, whose script makes the tables in it',
    meanwhile: '',
    otherwise:
      'start it first: `az kusto cluster start -g "$AZURE_RESOURCE_GROUP" -n <cluster>` ([scaling.md](scaling.md))',
    findOut: '`az kusto cluster stop`, then `azd provision --no-state`',
  },
  {
    number: 27,
    about:
      "what becomes of a batch that is handed over in the half hour after a cluster was stopped by hand: Microsoft's SDK still has the addresses of its queues, so the batch may lie in one, told as sent, until the cluster is started",
    meanwhile:
      'a cluster that stopped itself was idle for five days, and no address is so old: the forwarder asks the cluster anew, is refused, and keeps the batch',
    otherwise:
      'stop a cluster when nothing was appended for a while; start it within a week and count afterwards',
    findOut: 'append, `az kusto cluster stop`, append at once, start it again, count the rows of both',
  },
  {
    number: 28,
    about:
      "what Azure says when an identity was made anew in a group that still stands: its rights are named by the identity's resource id, so they exist already, for another principal (`RoleAssignmentUpdateNotPermitted` is expected)",
    meanwhile: 'identities and what they have rights on are deleted together, with their group',
    otherwise:
      'delete the assignment that the message names (`az role assignment delete --ids ID`; in a Data Explorer cluster its principal assignment), then `azd provision`',
    findOut: 'delete one identity in an environment that you do not need, and run `azd provision`',
  },
  {
    number: 29,
    about:
      'that a deployer who is on the list of further administrators, too, is written once: two resources of the template then have one name, and the condition of the second is false',
    meanwhile: "Microsoft's engine leaves the second out before anything is made (`infra/snapshots`)",
    otherwise: 'take the deployer off `TRICKLE_POSTGRES_ADMINISTRATORS`',
    findOut: 'put yourself on `TRICKLE_POSTGRES_ADMINISTRATORS` and run `azd provision --preview`',
  },
  {
    number: 30,
    about:
      'that `azd` packs two services from one folder at the same time without harm: both run `npm run build` (read in its source, not seen)',
    meanwhile:
      'a build replaces `dist/app` in one step, and leaves it alone where it holds the same already; `npm ci` before `azd` spares both the installation',
    otherwise:
      '`AZD_PACKAGE_CONCURRENCY=1 azd deploy`, or one after the other: `azd deploy api`, `azd deploy background`',
    findOut: '`azd deploy`, then `ready` of both apps',
  },
  {
    number: 31,
    about:
      "whether storage logs a deployment's write as the app's platform identity (`RequesterObjectId`), so that only other writes raise the alert `package-writes-…`",
    meanwhile: 'the alert has no action group: it is seen in the portal, and sends nothing',
    otherwise:
      'write into the query of `infra/modules/alerts/package-writes.bicep` who deploys as the log shows it',
    findOut:
      'after a deployment, in the workspace: `RequesterObjectId` of the rows of `StorageBlobLogs` whose `AccountName` begins with `stcode`',
  },
  {
    number: 32,
    about:
      'whether a deployment overwrites the package (`released-package.zip`), as is told of Flex Consumption, or writes others beside it: what was overwritten stays as a version, what was deleted for a week',
    meanwhile: 'versions and soft delete are on; nothing removes old versions',
    otherwise: 'nothing breaks: the log has each write in either case',
    findOut:
      '`az storage blob list --account-name <stcode…> -c app-package --include v --auth-mode login -o table`, after two deployments',
  },
  {
    number: 33,
    about:
      'how many always-ready instances the platform keeps, and bills, for the background app of a plan that is spread over zones: two for requests, or two for each timer as well (documented: two of each kind, whatever the app asks for)',
    meanwhile: 'only `scale` is spread over zones; its estimate for Functions has some of them in it',
    otherwise: 'set `zoneRedundant` of `scale` in `infra/sizes.json` to false, or accept the bill',
    findOut: 'deploy `scale`, and look after a day at *Always Ready* in the cost analysis of the group',
  },
]
