/** The page's language: Chinese first, English on request; every visible part follows it. */
import type { ReactiveController, ReactiveControllerHost } from 'lit'
import { messageOf, type Message } from './messages'
import type { Language, Title } from './title'

export type { Language }

const REMEMBERED_AS = 'onemap.language'
const TAGS: Readonly<Record<Language, string>> = { zh: 'zh-CN', en: 'en' }

let current: Language = 'zh'
const hosts = new Set<ReactiveControllerHost>()

export function language(): Language {
  return current
}

/** The language chosen on an earlier visit; Chinese where none was. */
export function remembered(): Language {
  try {
    return localStorage.getItem(REMEMBERED_AS) === 'en' ? 'en' : 'zh'
  } catch {
    return 'zh'
  }
}

/** Makes everything speak this language from now on. */
export function speak(chosen: Language): void {
  document.documentElement.lang = TAGS[chosen]
  if (chosen === current) return
  current = chosen
  try {
    localStorage.setItem(REMEMBERED_AS, chosen)
  } catch {
    // A browser that keeps nothing starts in Chinese the next time.
  }
  for (const host of hosts) host.requestUpdate()
}

/** A message in the page's language; `{name}` in it becomes the value of that name. */
export function say(message: Message, values: Readonly<Record<string, string | number>> = {}): string {
  return messageOf(message)[current].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''))
}

/** A title in the page's language; the Chinese one where the English is missing. */
export function named(title: Title): string {
  return title[current] || title.zh
}

/** Renders its element anew when the language changes. */
export class Speaks implements ReactiveController {
  constructor(private readonly host: ReactiveControllerHost) {
    host.addController(this)
  }

  hostConnected(): void {
    hosts.add(this.host)
  }

  hostDisconnected(): void {
    hosts.delete(this.host)
  }
}
