/**
 * The program under a heading of a page.
 * @throws Error if there is not exactly one in this language
 */
export function programUnder(markdown: string, heading: string, fence: string): string {
  const sections = markdown.split(/^## /mu).filter((section) => section.startsWith(`${heading}\n`))
  const blocks = sections.flatMap((section) => [
    ...section.matchAll(new RegExp(`^\`\`\`${fence}\\n([\\s\\S]*?)^\`\`\`$`, 'gmu')),
  ])
  const [only, ...more] = blocks.map(([, text = '']) => text)
  if (only === undefined || more.length > 0)
    throw new Error(`under "${heading}" the page holds ${blocks.length} programs in ${fence}, not one`)
  return only
}
