/** Claims 主张: what sources say of a subject, side by side, and which of it is shown since somebody chose. */
import { address, fetchJson } from './config'
import type { Times } from './model'
import { setMoment } from './rivers'
import type { Title } from './title'

export interface Claim {
  readonly id: string
  readonly scope: string
  readonly applies_to: string
  readonly value: number | null
  readonly value_to: number | null
  /** The value in words for people. */
  readonly told: Title
  readonly unit: string | null
  readonly vertical_datum: string
  readonly source: {
    readonly document: string
    readonly page: string
    readonly date: string
    readonly author: string
  }
  readonly standing: string
  readonly standing_title: Title
  readonly note: string
  readonly entered_by: string
  readonly department: string
  readonly entered_at: string
}

/** Which of several claims is shown, and why 采用. */
export interface Choice {
  readonly claim: string
  readonly reason: string
  readonly chosen_by: string
  readonly department: string
  readonly from: string
  readonly recorded_at: string
}

/** All that is claimed on one question. */
export interface Answer {
  readonly property: string
  readonly title: Title
  readonly scope: string
  readonly applies_to: string
  readonly conflict: boolean
  /** Claims that agree stand together. */
  readonly groups: readonly (readonly string[])[]
  /** null where they contradict each other and nobody has chosen. */
  readonly shown: string | null
  readonly choice: Choice | null
  readonly claims: readonly Claim[]
}

export interface Answers {
  readonly subject: { readonly kind: string; readonly id: string; readonly name: string }
  readonly answers: readonly Answer[]
}

export interface Subject {
  readonly kind: string
  readonly id: string
  readonly name: string
  readonly claims: number
}

/** How a claim has stood, and what was chosen on its question. */
export interface Told {
  readonly history: readonly {
    readonly standing: string
    readonly note: string
    readonly by: string
    readonly department: string
    readonly recorded_at: string
  }[]
  readonly choices: readonly Choice[]
}

export async function fetchSubjects(times: Times, signal: AbortSignal): Promise<readonly Subject[]> {
  const url = address('rivers/subjects')
  setMoment(url, times)
  return (await fetchJson<{ subjects: readonly Subject[] }>(url, signal)).subjects
}

export function fetchAnswers(subject: string, times: Times, signal: AbortSignal): Promise<Answers> {
  const url = address(`rivers/subjects/${encodeURIComponent(subject)}/claims`)
  setMoment(url, times)
  return fetchJson<Answers>(url, signal)
}

export function fetchTold(claim: string, signal: AbortSignal): Promise<Told> {
  return fetchJson<Told>(address(`rivers/claims/${encodeURIComponent(claim)}`), signal)
}

export function shownOf({ shown, claims }: Answer): Claim | null {
  return claims.find(({ id }) => id === shown) ?? null
}
