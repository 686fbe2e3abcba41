/** What is being reviewed on this page: it outlives the panel, which other panels take the place of. */
import type { Position } from 'geojson'
import type { Area, Found } from './compliance'
import type { Written } from './compliance_facts'
import type { Times } from './model'
import type { Store } from './store'

/** The site of a project 项目范围. */
export interface Site {
  /** As the file or the sketch names it; empty where it was drawn here. */
  readonly name: string
  readonly geometry: Area
}

/** A check, and what it was asked with. */
export interface Answer {
  readonly found: Found
  readonly site: Site
  readonly written: Written
  readonly times: Times
}

export interface Review {
  site: Site | null
  written: Written
  answer: Answer | null
  /** Vertices of a site that is not finished. */
  begun: readonly Position[]
}

const reviews = new WeakMap<Store, Review>()

/** The review of a page. */
export function reviewOf(store: Store): Review {
  const known = reviews.get(store)
  if (known) return known
  const review: Review = { site: null, written: {}, answer: null, begun: [] }
  reviews.set(store, review)
  return review
}
