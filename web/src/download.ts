/** Files of the platform for whoever is signed in, which a plain link could not say. */
import { problemOf, ServerProblem } from './config'
import { ask } from './credential'

const KEPT_MS = 60_000

/** Hands a file over as a download, under the name the platform gives it; ServerProblem where it is refused. */
export async function download(url: URL): Promise<void> {
  const answer = await ask(url).catch(() => null)
  if (!answer) throw new ServerProblem(0, '服务器没有应答。', 'The server does not answer.')
  if (!answer.ok) throw await problemOf(answer)
  const link = document.createElement('a')
  link.href = URL.createObjectURL(await answer.blob())
  link.download = nameOf(answer) ?? url.pathname.split('/').at(-2) ?? 'download'
  link.click()
  window.setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS)
}

/** The name in `Content-Disposition` (RFC 6266), the Chinese one where there is one. */
function nameOf(answer: Response): string | null {
  const said = answer.headers.get('Content-Disposition') ?? ''
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(said)?.[1]
  return encoded ? decodeURIComponent(encoded) : (/filename="([^"]+)"/i.exec(said)?.[1] ?? null)
}
