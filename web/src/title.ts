/** A text in both languages, Chinese first. */
export interface Title {
  readonly zh: string
  readonly en: string
}

export type Language = keyof Title
