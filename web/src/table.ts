/** What a table lists, as the link keeps it for the panel. */

export interface TableQuery {
  readonly layer: string | null
  /** A condition in CQL2 text. */
  readonly filter: string | null
  /** A field, with `-` before it for descending. */
  readonly sort: string | null
  readonly inView: boolean
}

export function tableOf(detail: string | null): TableQuery {
  const params = new URLSearchParams(detail ?? '')
  return {
    layer: params.get('layer'),
    filter: params.get('filter'),
    sort: params.get('sort'),
    inView: params.has('inview'),
  }
}

export function detailOf({ layer, filter, sort, inView }: TableQuery): string {
  const params = new URLSearchParams()
  if (layer) params.set('layer', layer)
  if (filter) params.set('filter', filter)
  if (sort) params.set('sort', sort)
  if (inView) params.set('inview', '1')
  return params.toString()
}
