import { css } from 'lit'

/** A card of one thing: its name above, what is told of it below. */
export const cardStyle = css`
  :host {
    display: flex;
    flex-direction: column;
    overflow: hidden;
  }
  header {
    display: flex;
    flex: none;
    align-items: flex-start;
    gap: 8px;
    border-bottom: 1px solid var(--rule);
    padding: 12px 8px 10px 16px;
  }
  .name {
    flex: 1;
    min-width: 0;
  }
  h2 {
    font: 600 18px/1.35 var(--serif);
    letter-spacing: 0.02em;
    overflow-wrap: anywhere;
  }
`
