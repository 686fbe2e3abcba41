import type { MapState } from '../model'
import type { Workbench } from '../workbench'
import { Spoken } from './spoken'

/** A panel's element: it has the workbench and renders anew when the state changes. */
export class PanelElement extends Spoken {
  static override properties = { workbench: { attribute: false }, state: { attribute: false } }
  declare workbench: Workbench
  declare state: MapState
  #unsubscribe: () => void = () => undefined

  override connectedCallback(): void {
    super.connectedCallback()
    const { store } = this.workbench
    this.state = store.state
    this.#unsubscribe = store.subscribe((state) => {
      this.state = state
    })
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#unsubscribe()
  }
}

/** Makes an element with the workbench set before it is connected. */
export function equipped<T extends PanelElement>(name: string, workbench: Workbench): T {
  const element = document.createElement(name) as T
  element.workbench = workbench
  return element
}
