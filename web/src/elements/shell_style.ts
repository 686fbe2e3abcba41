import { css } from 'lit'

/** Where the parts of the page stand. */
export const shellStyle = css`
  :host {
    --rail: 68px;
    --side: 360px;
    --dock: 0px;
    --sheet: 0px;
    display: block;
    height: 100%;
  }
  .page {
    position: relative;
    height: 100%;
    overflow: hidden;
    background: var(--paper);
  }
  .page.docked {
    --dock: min(46%, 420px);
  }
  page-rail {
    position: absolute;
    inset: 0 auto 0 0;
    width: var(--rail);
    background: var(--card);
    box-shadow: 1px 0 0 var(--rule);
  }
  .column {
    position: absolute;
    top: 12px;
    bottom: calc(12px + var(--dock));
    left: calc(var(--rail) + 12px);
    display: flex;
    flex-direction: column;
    gap: 10px;
    width: var(--side);
    pointer-events: none;
  }
  .column > * {
    pointer-events: auto;
  }
  page-head {
    position: relative;
    z-index: 1;
    flex: none;
  }
  panel-frame.dock {
    position: absolute;
    right: 0;
    bottom: 0;
    left: var(--rail);
    height: var(--dock);
    border-radius: 0;
    box-shadow: 0 -1px 0 var(--rule-2), 0 -8px 28px -12px rgb(27 42 49 / 25%);
  }
  notice-board {
    position: absolute;
    top: 12px;
    left: calc(var(--rail) + var(--side) + 28px);
    right: 72px;
  }
  notice-board.beside-card {
    right: 384px;
  }
  selected-card {
    position: absolute;
    top: 12px;
    right: 12px;
    width: 360px;
    max-width: calc(100vw - 32px);
    max-height: calc(100% - 230px - var(--dock));
    min-height: 120px;
  }
  .paired selected-card {
    top: 104px;
    max-height: calc(100% - 322px - var(--dock));
  }
  .docked selected-card {
    max-height: calc(100% - 64px - var(--dock));
  }
  map-tools {
    position: absolute;
    right: 12px;
    bottom: calc(54px + var(--dock));
  }
  .docked map-tools.beside-card {
    right: 384px;
  }
  status-bar {
    position: absolute;
    right: 12px;
    bottom: calc(12px + var(--dock));
  }
  .progress {
    position: absolute;
    inset: 0 0 auto 0;
    height: 3px;
    overflow: hidden;
    pointer-events: none;
  }
  .progress::before {
    content: '';
    position: absolute;
    inset: 0 auto 0 0;
    width: 34%;
    background: var(--accent);
    animation: run 1.2s ease-in-out infinite;
  }
  @keyframes run {
    from {
      transform: translateX(-110%);
    }
    to {
      transform: translateX(320%);
    }
  }
  .whole {
    display: flex;
    flex-direction: column;
    align-items: center;
    justify-content: center;
    gap: 12px;
    height: 100%;
    padding: 24px;
    text-align: center;
  }
  .whole h1 {
    font: 600 34px/1.2 var(--serif);
    letter-spacing: 0.06em;
  }
  code {
    border-radius: 5px;
    padding: 1px 6px;
    background: var(--paper);
    font-size: 12px;
  }
  .empty {
    padding: 14px 16px 18px;
    color: var(--ink-2);
  }
  @media (prefers-reduced-motion: reduce) {
    .progress::before {
      width: 100%;
      animation: none;
    }
  }
  @media (max-width: 900px) {
    :host {
      --rail: 0px;
      --bar: 60px;
      --side: 100%;
    }
    page-rail {
      inset: auto 0 0 0;
      z-index: 2;
      width: auto;
      height: var(--bar);
      box-shadow: 0 -1px 0 var(--rule-2);
    }
    .column {
      position: static;
      display: block;
      width: auto;
    }
    page-head {
      position: absolute;
      top: 8px;
      left: 8px;
      right: 8px;
    }
    .column .empty {
      position: absolute;
      top: 140px;
      left: 8px;
      right: 8px;
    }
    panel-frame.side,
    panel-frame.dock {
      position: absolute;
      z-index: 1;
      right: 0;
      bottom: var(--bar);
      left: 0;
      height: auto;
      max-height: min(58%, 100% - var(--bar) - 214px);
      border-radius: 14px 14px 0 0;
      box-shadow: 0 -8px 28px -6px rgb(27 42 49 / 25%);
    }
    panel-frame.dock {
      height: 55%;
    }
    notice-board,
    notice-board.beside-card {
      top: 118px;
      left: 12px;
      right: 62px;
    }
    selected-card {
      top: auto;
      right: 0;
      bottom: var(--bar);
      left: 0;
      z-index: 1;
      width: auto;
      max-width: none;
      max-height: 58%;
      border-radius: 14px 14px 0 0;
      box-shadow: 0 -8px 28px -6px rgb(27 42 49 / 25%);
    }
    .docked selected-card {
      max-height: 58%;
    }
    .comparing {
      --sheet: 44%;
    }
    .comparing panel-frame.side,
    .comparing panel-frame.dock,
    .comparing selected-card {
      top: auto;
      height: var(--sheet);
      max-height: none;
    }
    .with-card panel-frame {
      display: none;
    }
    map-tools,
    .docked map-tools.beside-card {
      top: 118px;
      right: 8px;
      bottom: auto;
    }
    status-bar {
      right: 8px;
      bottom: calc(var(--bar) + 8px);
    }
    .page panel-frame[folded] {
      height: auto;
      min-height: 0;
    }
  }
  /* A low window, one at 200 % for instance: what is open stands beside the map. */
  @media (max-width: 900px) and (max-height: 520px) {
    :host {
      --bar: 48px;
      --side: min(54%, 360px);
    }
    .page.paneled panel-frame,
    .page.paneled selected-card {
      top: 0;
      right: auto;
      width: var(--side);
      height: auto;
      max-height: none;
      border-radius: 0;
    }
    .page.paneled panel-frame[folded] {
      top: auto;
    }
    page-head {
      top: 6px;
    }
    .paneled page-head {
      left: calc(var(--side) + 8px);
    }
    notice-board,
    notice-board.beside-card,
    map-tools,
    .docked map-tools.beside-card {
      top: 64px;
    }
    .paneled notice-board {
      left: calc(var(--side) + 8px);
    }
    .paneled status-bar {
      max-width: calc(100% - var(--side) - 16px);
    }
  }
`
