import { evaluate } from './evaluate.ts'
import type { Scope } from './evaluate.ts'
import { propertyOf, SUBSCRIPTION } from './platform.ts'
import type { Deployed, Expression } from './syntax.ts'
import { Unknown } from './values.ts'
import type { Value } from './values.ts'

/** One turn of a resource or module. A loop has one for each item. Without a loop there is only one. */
export interface Turn {
  /** As Bicep would write it: `replicas[1]`. */
  readonly symbol: string
  readonly declared: Deployed
  readonly scope: Scope
}

/** The value of a top-level property of a body. */
export function propertyNamed({ body }: Deployed, name: string): Expression | undefined {
  return body.properties.find(
    (property) =>
      property.kind === 'property' && property.key.kind === 'literal' && property.key.value === name,
  )?.value
}

/** What is known about a resource before it exists: its name, its id, and what Azure adds in a known form. */
export function referenceOf(turn: Turn, file: Scope): Unknown {
  const { declared, symbol } = turn
  const [type = ''] = declared.source.split('@')
  const properties = new Unknown(`${symbol}.properties`, (member) =>
    propertyOf(type, nameOf(turn), String(member)),
  )
  return new Unknown(symbol, (member) => {
    if (member === 'name') return nameOf(turn)
    if (member === 'id') return idOf(turn, type, file)
    return member === 'properties' ? properties : undefined
  })
}

function nameOf({ declared, scope }: Turn): Value | undefined {
  const name = propertyNamed(declared, 'name')
  return name === undefined ? undefined : evaluate(name, scope)
}

/** The id of a child is its parent's id, and then its own kind and name. */
function idOf(turn: Turn, type: string, file: Scope): Value | undefined {
  const { declared, scope } = turn
  const name = nameOf(turn)
  if (typeof name !== 'string') return undefined
  const written = propertyNamed(declared, 'parent')
  const parent = written !== undefined ? evaluate(written, scope) : outerOf(declared, file)
  if (parent === undefined) return `${SUBSCRIPTION}/resourceGroups/test/providers/${type}/${name}`
  const parentId = parent instanceof Unknown ? parent.member('id') : undefined
  return typeof parentId === 'string' ? `${parentId}/${type.split('/').at(-1)}/${name}` : undefined
}

const outerOf = ({ inside }: Deployed, file: Scope): Value | undefined =>
  inside === undefined ? undefined : file.lookUp(inside)
