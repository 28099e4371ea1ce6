import { processMark } from '../process/index.ts'
import type { RecordedProcess } from '../process/index.ts'
import type { Home } from './home.ts'
import type { PartName } from './parts.ts'
import { removeRunRecord, writeRunRecord } from './run-file.ts'
import type { RunRecord, Status } from './run-file.ts'
import { emptyStatus } from './status.ts'

/** The parts of the status that are filled in during the start. */
type StatusFacts = Partial<
  Pick<Status, 'url' | 'masterKey' | 'issuer' | 'audience' | 'postgres' | 'analytics' | 'serviceBus'> & {
    readonly faults: Partial<Status['faults']>
    readonly background: Omit<NonNullable<Status['background']>, 'hostPid'>
  }
>

interface Entry {
  /** Absent between the end of a process and the start of the next one. */
  readonly process?: RecordedProcess
  readonly serves: boolean
}

/**
 * Keeps the run's file up to date. The file is written at each change, before anything else is done about the change,
 * so that a run that is killed at any moment leaves a true record of its processes.
 */
export class RunBook {
  readonly #home: Home
  readonly #supervisor: RecordedProcess
  readonly #startedAt = new Date().toISOString()
  readonly #entries = new Map<PartName, Entry>()
  #phase: RunRecord['phase'] = 'starting'
  #facts: StatusFacts = {}

  constructor(home: Home) {
    this.#home = home
    this.#supervisor = { name: 'supervisor', pid: process.pid, mark: processMark(process.pid) ?? '' }
    this.#write()
  }

  /** The processes that were started and are not known to be gone, the supervisor first. */
  get processes(): readonly RecordedProcess[] {
    const parts = [...this.#entries.values()].flatMap((entry) => entry.process ?? [])
    return [this.#supervisor, ...parts]
  }

  get status(): Status {
    const { background, faults, ...facts } = this.#facts
    const empty = emptyStatus(this.#home.folder)
    return {
      ...empty,
      ...facts,
      faults: { ...empty.faults, ...faults },
      background:
        background === undefined ? null : { ...background, hostPid: this.#servingPid('background-host') },
      ready: this.#phase === 'serving' && [...this.#entries.values()].every((entry) => entry.serves),
      pid: this.#supervisor.pid,
      hostPid: this.#servingPid('public-host'),
      processes: this.processes.map(({ name, pid }) => ({ name, pid })),
    }
  }

  spawned(name: PartName, pid: number): void {
    const mark = processMark(pid)
    // Without a mark the process has ended already. The code that waits for its end reports how it ended.
    this.#set(name, mark === undefined ? { serves: false } : { process: { name, pid, mark }, serves: false })
  }

  serves(name: PartName): void {
    this.#set(name, { ...this.#entries.get(name), serves: true })
  }

  gone(name: PartName): void {
    this.#set(name, { serves: false })
  }

  learned(facts: StatusFacts): void {
    this.#facts = { ...this.#facts, ...facts, faults: { ...this.#facts.faults, ...facts.faults } }
    this.#write()
  }

  enter(phase: RunRecord['phase']): void {
    this.#phase = phase
    this.#write()
  }

  close(): void {
    removeRunRecord(this.#home)
  }

  #servingPid(name: PartName): number | null {
    const entry = this.#entries.get(name)
    return entry?.serves === true ? (entry.process?.pid ?? null) : null
  }

  #set(name: PartName, entry: Entry): void {
    this.#entries.set(name, entry)
    this.#write()
  }

  #write(): void {
    writeRunRecord(this.#home, {
      phase: this.#phase,
      startedAt: this.#startedAt,
      supervisor: this.#supervisor,
      processes: [...this.processes],
      status: this.status,
    })
  }
}
