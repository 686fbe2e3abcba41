import { LitElement, type ReactiveControllerHost } from 'lit'
import { Speaks } from '../language'

/**
 * An element whose words follow the page's language.
 *
 * One that has left the page does nothing: an update that still waited would draw on the map again what its
 * leaving took away. It is made up for if the element comes back.
 */
export class Spoken extends LitElement {
  constructor() {
    super()
    new Speaks(this as ReactiveControllerHost)
  }

  override connectedCallback(): void {
    super.connectedCallback()
    queueMicrotask(() => this.performUpdate())
  }

  protected override performUpdate(): void {
    if (this.isConnected) super.performUpdate()
  }
}
