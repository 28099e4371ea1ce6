/** This file, as a path in the project. */
const THIS_FILE = 'shared/subscriptions/run/frame-of-code.ts'

/** A longer chain of causes is a loop. */
const CAUSES_MAX = 5

interface Frame {
  /** With forward slashes. */
  readonly path: string
  readonly line: string
}

/**
 * Where a subscription's own code threw, or called what threw, as `functions/mails/subscription.ts:37`. Frames of Node,
 * of packages and of shared/ are passed over: they are the same for every failure.
 * @returns null when no frame of the error or of its causes is one of such code. A projection has none where the
 *   database refused its statement: the statement was sent later.
 */
export function frameOfCode(error: unknown): string | null {
  const root = projectRoot()
  if (root === null) return null
  let cause = error
  for (let depth = 0; depth < CAUSES_MAX && cause instanceof Error; depth += 1) {
    for (const { path, line } of framesOf(cause)) {
      if (path.startsWith(root) && !OTHERS.test(path.slice(root.length)))
        return `${path.slice(root.length)}:${line}`
    }
    cause = cause.cause
  }
  return null
}

/**
 * The folder from which the paths in stacks begin; null in a bundle whose source maps are not used, where all code has
 * one path. Asked of a stack, and when it is needed: reading a stack decodes the source map.
 */
function projectRoot(): string | null {
  const [here] = framesOf(new Error('where is this file?'))
  return here?.path.endsWith(`/${THIS_FILE}`) === true ? here.path.slice(0, -THIS_FILE.length) : null
}

/** What is not the code of a subscription, as a path in the project. */
const OTHERS = /^shared\/|(?:^|\/)node_modules\//

const framesOf = ({ stack = '' }: Error): Frame[] =>
  stack.split('\n').flatMap((text) => {
    const [, place = '', line = ''] = /^\s+at (?:.* \()?(.+):(\d+):\d+\)?$/.exec(text) ?? []
    return place === '' ? [] : [{ path: pathOf(place), line }]
  })

/** `async ` stands before a frame without a function's name; a module of its own has a URL. */
const pathOf = (place: string): string =>
  place
    .replace(/^async /, '')
    .replace(/^file:\/\//, '')
    .replaceAll('\\', '/')
