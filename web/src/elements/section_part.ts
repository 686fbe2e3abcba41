import { PanelElement } from './panel_element'
customElements.define('section-part', class extends PanelElement {})
