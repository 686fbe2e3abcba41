/** 图层目录: the city and its layers as the page knows them, kept as the platform tells them. */
import { loadConfig } from './config'
import type { LayerNews } from './layer_news'
import type { Config } from './model'

export class Catalogue {
  config: Config | null = null
  /** What became of layers since the page was opened, as far as nobody closed it. */
  news: readonly LayerNews[] = []
  #told: Config | null = null
  #asked = 0

  async read(): Promise<Config> {
    return (this.config = this.#told = await loadConfig())
  }

  /** Asks again; the ids of the layers that have become others, null where none has. */
  async follow(): Promise<ReadonlySet<string> | null> {
    const asked = ++this.#asked
    const told = await loadConfig().catch(() => null)
    if (!told || JSON.stringify(told) === JSON.stringify(this.#told)) return null
    const { followed, toldOf } = await import('./layer_news')
    // Who asked later was answered later.
    if (asked !== this.#asked || !this.config || !this.#told) return null
    const { config, news } = followed(this.config, this.#told, told)
    this.config = config
    this.#told = told
    this.news = toldOf(this.news, news)
    return new Set(news.map(({ layer }) => layer.id))
  }
}
