import { css } from 'lit'

/** Where the parts of the page stand. */
export const shellStyle = css`
  :host {
    --rail: 68px;
    --side: 360px;
    --dock: 0px;
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
  #map {
    position: absolute;
    inset: 0;
  }
  .no-map {
    position: absolute;
    inset: 18% 24px auto calc(var(--rail) + var(--side) + 36px);
    max-width: 34rem;
    color: var(--ink-2);
  }
  .no-map h2 {
    margin-bottom: 8px;
    font: 600 20px/1.4 var(--serif);
    color: var(--ink);
  }
  .cross {
    display: none;
    position: absolute;
    inset: 50% auto auto 50%;
    width: 26px;
    height: 26px;
    margin: -13px 0 0 -13px;
    pointer-events: none;
  }
  .cross.aimed {
    display: block;
  }
  .rail {
    position: absolute;
    inset: 0 auto 0 0;
    display: flex;
    flex-direction: column;
    width: var(--rail);
    background: var(--card);
    box-shadow: 1px 0 0 var(--rule);
  }
  .rail img {
    align-self: center;
    width: 38px;
    height: 38px;
    margin: 14px 0 12px;
  }
  .rail panel-rail {
    flex: 1;
    overflow-y: auto;
  }
  .language {
    margin: 6px 12px;
    padding: 4px 0;
    font-size: 13px;
  }
  .foot {
    padding: 4px 2px 10px;
    color: var(--ink-3);
    font-size: 12px;
    text-align: center;
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
  feature-card {
    position: absolute;
    top: 12px;
    right: 12px;
    width: 360px;
    max-width: calc(100vw - 32px);
    max-height: calc(100% - 200px - var(--dock));
    min-height: 120px;
  }
  .docked feature-card {
    max-height: calc(100% - 64px - var(--dock));
  }
  .tools {
    position: absolute;
    right: 12px;
    bottom: calc(54px + var(--dock));
    display: flex;
    flex-direction: column;
    overflow: hidden;
  }
  .docked .tools.beside-card {
    right: 384px;
  }
  .tools button {
    width: 38px;
    height: 38px;
    border: 0;
    border-radius: 0;
    padding: 0;
    font-size: 18px;
    line-height: 1;
  }
  .tools button:focus-visible {
    outline-offset: -3px;
  }
  .tools button + button {
    border-top: 1px solid var(--rule);
  }
  .tools button:hover {
    background: var(--paper);
  }
  .tools svg {
    vertical-align: middle;
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
  .skip {
    position: absolute;
    top: -60px;
    left: 16px;
    z-index: 2;
    border-radius: 8px;
    padding: 8px 14px;
    background: var(--card);
  }
  .skip:focus {
    top: 12px;
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
  .unseen {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
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
    .no-map {
      inset: 170px 20px auto 20px;
    }
    .rail {
      inset: auto 0 0 0;
      z-index: 2;
      flex-direction: row;
      align-items: center;
      width: auto;
      height: var(--bar);
      box-shadow: 0 -1px 0 var(--rule-2);
    }
    .rail img,
    .foot {
      display: none;
    }
    .rail panel-rail {
      overflow: visible;
    }
    .language {
      flex: none;
      width: 40px;
      margin: 0 8px 0 4px;
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
      max-height: 58%;
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
    feature-card {
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
    .docked feature-card {
      max-height: 58%;
    }
    .with-card panel-frame {
      display: none;
    }
    .tools,
    .docked .tools.beside-card {
      top: 118px;
      right: 8px;
      bottom: auto;
    }
    status-bar {
      right: 8px;
      bottom: calc(var(--bar) + 8px);
    }
  }
`
