/** Files of the platform for whoever is signed in, which a plain link could not say. */
import { granted } from './config'

const KEPT_MS = 60_000

/** Hands a file over as a download, under the name the platform gives it; ServerProblem where it is refused. */
export async function download(url: URL): Promise<void> {
  const answer = await granted(url)
  handOver(await answer.blob(), nameOf(answer) ?? url.pathname.split('/').at(-2) ?? 'download')
}

/** Hands over what the page itself holds. */
export function handOver(content: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = name
  link.click()
  window.setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS)
}

/** The name in `Content-Disposition` (RFC 6266), the Chinese one where there is one. */
export function nameOf(answer: Response): string | null {
  const said = answer.headers.get('Content-Disposition') ?? ''
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(said)?.[1]
  return encoded ? decodeURIComponent(encoded) : (/filename="([^"]+)"/i.exec(said)?.[1] ?? null)
}
