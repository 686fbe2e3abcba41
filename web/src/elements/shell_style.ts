import { css } from 'lit'

/** Where the parts of the page stand. */
export const shellStyle = css`
  :host {
    display: block;
    position: relative;
    height: 100%;
    overflow: hidden;
    background: var(--paper);
  }
  #map {
    position: absolute;
    inset: 0;
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
  .side {
    position: absolute;
    top: 16px;
    bottom: 16px;
    left: 16px;
    display: flex;
    flex-direction: column;
    gap: 12px;
    width: 328px;
    pointer-events: none;
  }
  .side > * {
    pointer-events: auto;
  }
  .brand {
    display: flex;
    align-items: center;
    gap: 12px;
    padding: 13px 16px;
  }
  .brand img {
    width: 38px;
    height: 38px;
  }
  h1 {
    font: 600 21px/1.2 var(--serif);
    letter-spacing: 0.06em;
    white-space: nowrap;
  }
  h1 small {
    font: 400 15px/1.2 var(--serif);
    letter-spacing: 0.03em;
    color: var(--ink-2);
  }
  .brand .words {
    flex: 1;
    min-width: 0;
  }
  .panel {
    min-height: 0;
    overflow-y: auto;
  }
  .panel hr {
    margin: 0 16px;
    border: 0;
    border-top: 1px solid var(--rule);
  }
  .fold {
    display: none;
  }
  .notices {
    position: absolute;
    top: 16px;
    left: 360px;
    right: 72px;
    display: flex;
    flex-direction: column;
    align-items: center;
    gap: 8px;
    pointer-events: none;
  }
  .notices.beside-card {
    right: 380px;
  }
  .notice {
    display: flex;
    align-items: center;
    gap: 10px;
    max-width: 100%;
    border-radius: 20px;
    padding: 5px 16px;
    background: var(--card);
    box-shadow: var(--shadow);
    font-size: 13px;
    pointer-events: auto;
  }
  .notice.past {
    background: var(--seal);
    color: #fff;
  }
  .notice.past button {
    border-color: rgb(255 255 255 / 60%);
    background: none;
    color: #fff;
    padding: 0 10px;
  }
  .notice.past :focus-visible,
  .notice.past:focus-visible {
    outline-color: #fff;
  }
  .notice.warn {
    background: var(--warn-soft);
    color: var(--warn);
  }
  .notice.bad {
    background: var(--seal-soft);
    color: var(--seal);
  }
  .notice .en {
    color: inherit;
  }
  feature-card {
    position: absolute;
    top: 16px;
    right: 16px;
    width: 348px;
    max-width: calc(100vw - 32px);
    max-height: calc(100% - 200px);
  }
  .tools {
    position: absolute;
    right: 16px;
    bottom: 56px;
    display: flex;
    flex-direction: column;
    overflow: hidden;
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
    right: 16px;
    bottom: 16px;
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
    top: 16px;
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
    font-size: 34px;
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
  .foot {
    padding: 0 16px 12px;
    font-size: 12px;
  }
  .foot a {
    color: var(--ink-3);
  }
  @media (prefers-reduced-motion: reduce) {
    .progress::before {
      width: 100%;
      animation: none;
    }
  }
  @media (max-width: 900px) {
    .notices,
    .notices.beside-card {
      top: 84px;
      left: 16px;
      right: 70px;
    }
    .side {
      bottom: auto;
      width: min(328px, calc(100vw - 86px));
      max-height: calc(100% - 32px);
    }
    .fold {
      display: block;
    }
    .brand {
      gap: 8px;
      padding: 10px 12px;
    }
    .brand img {
      width: 30px;
      height: 30px;
    }
    .brand .words .en,
    h1 small .dot {
      display: none;
    }
    h1 small {
      display: block;
    }
    .side.folded .panel {
      display: none;
    }
    feature-card {
      top: auto;
      bottom: 56px;
      max-height: 46%;
    }
    .tools {
      top: 16px;
      bottom: auto;
    }
  }
`
