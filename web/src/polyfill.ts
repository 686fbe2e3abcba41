// MapLibre calls Object.hasOwn, which Chromium has only from version 93.
Object.hasOwn ??= (object: object, key: PropertyKey): boolean =>
  Object.prototype.hasOwnProperty.call(object, key)

// Only from version 103.
AbortSignal.timeout ??= (span_ms: number): AbortSignal => {
  const abort = new AbortController()
  setTimeout(() => abort.abort(), span_ms)
  return abort.signal
}
