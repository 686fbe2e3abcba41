/** The proof of a version 存证核验: entry, inventory and every file, each step with what came of it. */
import { checkEntry, checkFile, checkInventory, holds, type ArchiveVersion, type Checked } from './archive'
import { ServerProblem } from './config'

/** What a file is found to be; `unlisted`: the inventory that was entered does not have it. */
export type FileVerdict = 'sound' | 'altered' | 'unlisted'

const FORBIDDEN = [401, 403]

export interface Proven {
  readonly entry: Checked
  /** null: could not be read by this visitor. */
  readonly inventory: boolean | null
  readonly files: ReadonlyMap<string, FileVerdict>
  /** Why the rest was not checked; empty where all was. */
  readonly unread: string
}

export type Verdict = 'sound' | 'tampered' | 'partial'

/** Sound: every step held, up to a published root. Tampered: one did not. Partial: those that could be looked at did. */
export function verdictOf({ entry, inventory, files, unread }: Proven): Verdict {
  const altered = [...files.values()].some((each) => each !== 'sound')
  if (!holds(entry) || inventory === false || altered) return 'tampered'
  return entry.day === null || inventory === null || unread ? 'partial' : 'sound'
}

/** Follows the whole way of a version; a file that the platform refuses as damaged is an altered one. */
export async function prove({ object, version, files }: ArchiveVersion, signal: AbortSignal): Promise<Proven> {
  const entry = await checkEntry(object, version, signal)
  const verdicts = new Map<string, FileVerdict>()
  const told = (inventory: boolean | null, unread = ''): Proven => ({ entry, inventory, files: verdicts, unread })
  let state: ReadonlyMap<string, string> | null
  try {
    state = await checkInventory(object, version, entry.inventory, signal)
  } catch (cause) {
    if (!(cause instanceof ServerProblem)) throw cause
    return told(null, cause.words)
  }
  if (!state) return told(false)
  const listed = new Set(files.map(({ path, packedIn }) => packedIn ?? path))
  for (const path of new Set([...state.keys(), ...listed])) {
    const digest = state.get(path)
    if (digest === undefined) {
      verdicts.set(path, 'unlisted')
      continue
    }
    try {
      verdicts.set(path, (await checkFile(object, version, path, digest, signal)) ? 'sound' : 'altered')
    } catch (cause) {
      if (!(cause instanceof ServerProblem)) throw cause
      if (FORBIDDEN.includes(cause.status) || cause.status === 413) return told(true, cause.words)
      verdicts.set(path, 'altered')
    }
  }
  return told(true)
}
