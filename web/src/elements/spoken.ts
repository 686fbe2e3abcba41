import { LitElement, type ReactiveControllerHost } from 'lit'
import { Speaks } from '../language'

/** An element whose words follow the page's language. */
export class Spoken extends LitElement {
  constructor() {
    super()
    new Speaks(this as ReactiveControllerHost)
  }
}
