import { PanelElement } from './panel_element'
customElements.define('archive-part', class extends PanelElement {})
