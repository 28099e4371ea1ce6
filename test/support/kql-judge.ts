import { createRequire } from 'node:module'

/**
 * Microsoft's own parser of KQL as a judge: whether a text is KQL, and which columns a query gives. Its language
 * service is C# compiled to JavaScript: its classes are globals, its constructors are overloaded by number, and it is
 * typed for none of that. What is used of it is described here, where it enters.
 */
interface Diagnostic {
  readonly Code: string
  readonly Message: string
}
interface Block {
  readonly Service: { GetDiagnostics(): unknown }
}
interface Globals {
  WithCluster(cluster: unknown): Globals
  WithDatabase(database: unknown): Globals
}
interface ResultColumn {
  readonly Name: string
  readonly Type: { readonly Name: string }
}
interface ParsedQuery {
  readonly ResultType: { readonly Columns?: unknown } | null
  GetDiagnostics(): unknown
}
interface LanguageService {
  readonly GlobalState: { readonly Default: Globals }
  readonly KustoCode: { ParseAndAnalyze(text: string, globals: Globals): ParsedQuery }
  readonly Editor: {
    readonly CodeScript: { From$1(text: string, globals: Globals): { readonly Blocks: unknown } }
  }
  readonly Symbols: {
    readonly DatabaseSymbol: { ctor: new (name: string, members: unknown[]) => unknown }
    readonly ClusterSymbol: { ctor: new (name: string, databases: unknown[]) => unknown }
    readonly TableSymbol: { $ctor7: new (name: string, schema: string, description: string) => unknown }
  }
}
interface LoadedGlobals {
  readonly Kusto: { readonly Language: LanguageService }
  readonly Bridge: { toArray<T>(list: unknown): T[] }
}

/** Schemas by the names of tables: `{ Things: '(Id:string, Size:long)' }`. */
export type Tables = Readonly<Record<string, string>>

/** What the parser objects to in a script of commands and queries. */
export function problemsOfScript(text: string, tables: Tables): string[] {
  const { Kusto, Bridge } = load()
  const script = Kusto.Language.Editor.CodeScript.From$1(text, globalsWith(tables))
  return Bridge.toArray<Block>(script.Blocks).flatMap((block) => problemsIn(block.Service.GetDiagnostics()))
}

/** What the parser objects to in one query, and the columns of its result as `Name:type`. */
export function judgeQuery(text: string, tables: Tables): { problems: string[]; columns: string[] } {
  const { Kusto, Bridge } = load()
  const query = Kusto.Language.KustoCode.ParseAndAnalyze(text, globalsWith(tables))
  const columns = query.ResultType?.Columns
  return {
    problems: problemsIn(query.GetDiagnostics()),
    columns: (columns === undefined ? [] : Bridge.toArray<ResultColumn>(columns)).map(
      ({ Name, Type }) => `${Name}:${Type.Name}`,
    ),
  }
}

function globalsWith(tables: Tables): Globals {
  const { Symbols, GlobalState } = load().Kusto.Language
  const members = Object.entries(tables).map(
    ([name, schema]) => new Symbols.TableSymbol.$ctor7(name, schema, ''),
  )
  const database = new Symbols.DatabaseSymbol.ctor('trickle', members)
  const cluster = new Symbols.ClusterSymbol.ctor('local', [database])
  return GlobalState.Default.WithCluster(cluster).WithDatabase(database)
}

function problemsIn(diagnostics: unknown): string[] {
  return load()
    .Bridge.toArray<Diagnostic>(diagnostics)
    .map(({ Code, Message }) => `${Code}: ${Message}`)
}

let loaded: LoadedGlobals | undefined

/** Loading takes about a second, so it is done on the first use. */
function load(): LoadedGlobals {
  if (loaded === undefined) {
    const require = createRequire(import.meta.url)
    require('@kusto/language-service-next/bridge.min.js')
    require('@kusto/language-service-next/Kusto.Language.Bridge.min.js')
    loaded = globalThis as unknown as LoadedGlobals
  }
  return loaded
}
