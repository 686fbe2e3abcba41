/** An address below the platform's root, wherever a proxy has put it. */
export function address(path: string): URL {
  return new URL(path, document.baseURI)
}
