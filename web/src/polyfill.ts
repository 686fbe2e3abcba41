// MapLibre calls Object.hasOwn, which Chromium has only from version 93.
Object.hasOwn ??= (object: object, key: PropertyKey): boolean =>
  Object.prototype.hasOwnProperty.call(object, key)
