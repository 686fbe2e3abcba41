import { PanelElement } from './panel_element'
customElements.define('works-part', class extends PanelElement {})
