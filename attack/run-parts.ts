import type { AttackFinding, AttackPart, AttackTarget } from './part.ts'

/** If a part has not ended after this time, the product hangs, or the part does not limit itself. */
export const PART_WITHIN_MS = 180_000

export interface PartFinding extends AttackFinding {
  readonly part: string
}

/** Runs the parts one after the other. A part that fails or does not end is a broken bar. The other parts still run. */
export async function runParts(
  parts: readonly AttackPart[],
  target: AttackTarget,
  onProgress: (line: string) => void,
  withinMs: number = PART_WITHIN_MS,
): Promise<PartFinding[]> {
  const findings: PartFinding[] = []
  for (const part of parts) {
    onProgress(part.name)
    for (const finding of await runPart(part, target, withinMs))
      findings.push({ part: part.name, ...finding })
  }
  return findings
}

async function runPart(
  part: AttackPart,
  target: AttackTarget,
  withinMs: number,
): Promise<readonly AttackFinding[]> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`it had not ended after ${withinMs / 1_000} s`)), withinMs)
  })
  try {
    return await Promise.race([part.run(target), late])
  } catch (error) {
    const seen = error instanceof Error ? error.message : String(error)
    return [{ attack: 'all of them', bar: 'the attack comes to its end', seen, holds: false }]
  } finally {
    clearTimeout(timer)
  }
}
