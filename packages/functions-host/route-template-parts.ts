/**
 * Splits the text of a route template into segments, literals and parameters, and reads the inside of a parameter.
 * Source: ASP.NET Core routing: RoutePatternParser.cs, RouteParameterParser.cs.
 */

export interface TemplateParameter {
  readonly name: string
  readonly catchAll: boolean
  readonly optional: boolean
  readonly defaultValue: string | undefined
  readonly constraints: readonly string[]
}

export type TemplatePart =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'parameter'; readonly parameter: TemplateParameter }

/**
 * The parts of each segment of a template. Doubled braces stand for one brace.
 * @throws Error for consecutive slashes, unbalanced braces, a question mark in a literal, or a malformed parameter
 */
export function splitTemplate(text: string): TemplatePart[][] {
  const template = text.replace(/^~?\//, '')
  const segments: TemplatePart[][] = []
  let parts: TemplatePart[] = []
  let literal = ''
  const endLiteral = (): void => {
    if (literal.includes('?'))
      throw new Error(`The literal '${literal}' of a route can't have a question mark.`)
    if (literal !== '') parts.push({ kind: 'literal', text: literal })
    literal = ''
  }
  for (let index = 0; index < template.length; index++) {
    const character = template.charAt(index)
    if (character === '/') {
      endLiteral()
      if (parts.length === 0) throw new Error(`The route template '${text}' has consecutive slashes.`)
      segments.push(parts)
      parts = []
    } else if (character !== '{' && character !== '}') {
      literal += character
    } else if (template.charAt(index + 1) === character) {
      literal += character
      index++
    } else if (character === '}') {
      throw new Error(`The route template '${text}' closes a parameter it has not opened.`)
    } else {
      endLiteral()
      const end = findParameterEnd(template, index + 1)
      parts.push({
        kind: 'parameter',
        parameter: readParameter(unescapeBraces(template.slice(index + 1, end))),
      })
      index = end
    }
  }
  endLiteral()
  return parts.length === 0 ? segments : [...segments, parts]
}

function findParameterEnd(template: string, start: number): number {
  for (let index = start; index < template.length; index++) {
    const character = template.charAt(index)
    if (character !== '{' && character !== '}') continue
    if (template.charAt(index + 1) === character) index++
    else if (character === '}') return index
    else break
  }
  throw new Error(`The route template '${template}' has a parameter with unbalanced braces.`)
}

function unescapeBraces(text: string): string {
  return text.replaceAll('}}', '}').replaceAll('{{', '{')
}

/**
 * Reads the inside of a parameter: `*name`, `name?`, `name=default`, `name:constraint(argument):constraint`.
 * @throws Error for a name that is empty or has a forbidden character, and for combinations without a meaning
 */
export function readParameter(text: string): TemplateParameter {
  const stars = /^\*{0,2}/.exec(text)?.[0].length ?? 0
  const catchAll = stars > 0
  const optional = text.endsWith('?')
  const body = text.slice(stars, optional ? -1 : undefined)
  // A name may begin with a delimiter, so the search starts after its first character.
  const delimiter = body.slice(1).search(/[:=]/)
  const name = delimiter === -1 ? body : body.slice(0, delimiter + 1)
  if (name === '' || /[/{}?*]/.test(name)) throw new Error(`The route parameter name '${name}' is invalid.`)
  const { constraints, defaultValue } = readPolicies(body.slice(name.length))
  if (catchAll && optional) throw new Error(`The catch-all parameter '${name}' can't be optional.`)
  if (optional && defaultValue !== undefined)
    throw new Error(`The optional parameter '${name}' can't have a default value.`)
  return { name, catchAll, optional, defaultValue, constraints }
}

/** Reads `:constraint:constraint=default`. Inside parentheses colons and equal signs belong to the argument. */
function readPolicies(text: string): { constraints: string[]; defaultValue: string | undefined } {
  const constraints: string[] = []
  let current = ''
  let inArgument = false
  const endConstraint = (): void => {
    if (current !== '') constraints.push(current)
    current = ''
  }
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index)
    if (!inArgument && character === '=') {
      endConstraint()
      return { constraints, defaultValue: text.slice(index + 1) }
    }
    if (!inArgument && character === ':') {
      endConstraint()
      continue
    }
    if (character === '(') inArgument = true
    // A parenthesis ends the argument only where a constraint can end: at ':', '=' or the end.
    if (character === ')' && /^(?:[:=]|$)/.test(text.slice(index + 1))) inArgument = false
    current += character
  }
  endConstraint()
  return { constraints, defaultValue: undefined }
}
