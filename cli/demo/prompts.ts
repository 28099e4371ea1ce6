import { DAY_MS, HOUR_MS, MINUTE_MS } from './story.ts'
import type { Story } from './story.ts'

const SUBJECTS = [
  'Summarise a support ticket',
  'Explain a contract clause',
  'Draft a release note',
  'Translate a product text',
  'Review a pull request',
] as const

const TONES = ['plain', 'formal', 'friendly'] as const

/** Makes the events of a prompt in a shared library: written, revised, published, rated, archived. */
export function tellPrompt(story: Story): void {
  const { random } = story
  const author = `author-${random.whole(1, 40)}`
  const subject = random.pick(SUBJECTS)
  const tone = random.pick(TONES)
  story.happen('created', { title: subject, tags: [tone], body: bodyOf(subject, tone, 1) }, author)
  const revisions = random.whole(0, 3)
  for (let version = 2; version <= revisions + 1; version += 1) {
    story
      .pass(10 * MINUTE_MS, DAY_MS)
      .happen('revised', { version, body: bodyOf(subject, tone, version) }, author)
  }
  if (random.chance(0.1)) {
    story.pass(HOUR_MS, 3 * DAY_MS).happen('archived', { reason: 'never published' }, author)
    return
  }
  story.pass(HOUR_MS, 2 * DAY_MS).happen('published', { version: revisions + 1 }, 'library')
  const ratings = random.whole(0, 5)
  for (let count = 0; count < ratings; count += 1) {
    const reader = `reader-${random.whole(1, 250)}`
    story.pass(HOUR_MS, 3 * DAY_MS).happen('rated', { stars: random.whole(2, 5) }, reader)
  }
  if (random.chance(0.12)) story.pass(DAY_MS, 5 * DAY_MS).happen('archived', { reason: 'replaced' }, author)
}

function bodyOf(subject: string, tone: string, version: number): string {
  return `${subject} in a ${tone} tone. Answer in at most ${60 + version * 20} words, and say what you are not sure of.`
}
