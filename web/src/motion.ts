/** What comes into view gently, unless the reader asked the system for less motion. */
const GENTLY_MS = 120

/** How long tiles and labels take to come into view. */
export const FADE_MS = matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : GENTLY_MS
