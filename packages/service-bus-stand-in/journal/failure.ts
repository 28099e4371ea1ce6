import { MendableFailure } from '../../mendable-failure/index.ts'

/** The data folder can't be used. */
export class JournalFailure extends MendableFailure<'DATA_BROKEN' | 'DATA_OTHER_VERSION'> {
  override readonly name = 'JournalFailure'
}
