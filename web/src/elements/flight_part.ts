import { PanelElement } from './panel_element'
customElements.define('flight-part', class extends PanelElement {})
