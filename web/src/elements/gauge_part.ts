import { PanelElement } from './panel_element'
customElements.define('gauge-part', class extends PanelElement {})
