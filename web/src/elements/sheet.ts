import { css, html } from 'lit'
import { say } from '../language'
import type { Message } from '../messages'

/** Tables of figures 数据表 in a panel, each in a sheet that scrolls by itself. */
export const sheetStyle = css`
  .sheet {
    margin-top: 6px;
    overflow: auto;
  }
  table {
    width: 100%;
    border-collapse: collapse;
    font-size: 12px;
  }
  th,
  td {
    border-bottom: 1px solid var(--rule);
    padding: 3px 8px 3px 0;
    text-align: left;
    vertical-align: top;
  }
  th {
    color: var(--ink-2);
    font-weight: 500;
  }
  tbody th,
  tfoot th {
    color: inherit;
    font-weight: 400;
  }
  .number {
    text-align: right;
    white-space: nowrap;
  }
`

/** A line of a list of facts. */
export function fact(title: Message, value: string) {
  return html`<dt>${say(title)}</dt><dd>${value}</dd>`
}

/** A table; the first cell of a row says what the others are of. */
export function sheet(title: string, head: readonly string[], rows: readonly (readonly string[])[]) {
  return html`<div class="sheet" tabindex="0" role="region" aria-label=${title}>
    <table>
      <thead>
        <tr>${head.map((each) => html`<th scope="col">${each}</th>`)}</tr>
      </thead>
      <tbody>
        ${rows.map(([first = '', ...others]) => html`<tr><th scope="row">${first}</th>${others.map((each) => html`<td>${each}</td>`)}</tr>`)}
      </tbody>
    </table>
  </div>`
}
