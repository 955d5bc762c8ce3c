/** The style of the HTML report: light or dark as the reader's system has it, and narrow enough for a phone. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #fbfaf8; --card: #ffffff; --ink: #1d2126; --soft: #646b75; --line: #e4e2dd; --code: #f1efea;
  --pass: #d8efdc; --pass-ink: #12602b; --fail: #f8cfca; --fail-ink: #93190d; --unchecked: #f9e6b0; --unchecked-ink: #6f5000;
  --partly: #dbe6f8; --bar: #3c8c84; --over: #c9382a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171a; --card: #1c2024; --ink: #e4e6e9; --soft: #98a1ac; --line: #30363d; --code: #262b31;
    --pass: #173b26; --pass-ink: #8fdca8; --fail: #55201b; --fail-ink: #ffb1a7; --unchecked: #4a3b12; --unchecked-ink: #f1d486;
    --partly: #22324d; --bar: #4fb0a5; --over: #ef6a5b;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 84rem; padding: 1.5rem 1rem 4rem; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.7rem; letter-spacing: -.01em; }
h2 { margin: 2.6rem 0 .3rem; font-size: 1.2rem; }
h3 { margin: 0 0 .4rem; font-size: .95rem; }
p { margin: .3rem 0 .9rem; max-width: 60rem; }
.soft { color: var(--soft); }
code, pre { font: .85em/1.45 ui-monospace, SFMono-Regular, Menlo, monospace; background: var(--code); border-radius: 4px; }
code { padding: .1em .35em; overflow-wrap: anywhere; }
pre { padding: .6rem .8rem; overflow-x: auto; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .6rem; margin: 1.1rem 0 0; padding: 0; }
.tile, .card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .7rem .9rem; }
.tile b { display: block; font-size: 1.5rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tile span { color: var(--soft); font-size: .85rem; }
.PASS { background: var(--pass); color: var(--pass-ink); }
.FAIL { background: var(--fail); color: var(--fail-ink); }
.UNCHECKED { background: var(--unchecked); color: var(--unchecked-ink); }
.partly { background: var(--partly); }
.tile.PASS span, .tile.FAIL span, .tile.UNCHECKED span { color: inherit; }
.scroll { overflow: auto; max-height: 85vh; border: 1px solid var(--line); border-radius: 10px; background: var(--card); }
table { border-collapse: separate; border-spacing: 0; font-size: .85rem; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: .22rem .6rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
tbody tr:last-child > * { border-bottom: 0; }
thead th { position: sticky; top: 0; z-index: 1; background: var(--card); white-space: normal; vertical-align: bottom; font-weight: 600; }
th:first-child { position: sticky; left: 0; text-align: left; background: var(--card); font-weight: 500; border-right: 1px solid var(--line); }
thead th:first-child { z-index: 2; }
td a { color: var(--soft); text-decoration: none; font-size: .75rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 25rem), 1fr)); gap: .8rem; }
svg { display: block; width: 100%; height: auto; }
svg text { font: 11.5px system-ui, sans-serif; fill: var(--soft); }
.cases { display: grid; gap: .6rem; align-items: start; grid-template-columns: repeat(auto-fill, minmax(min(100%, 38rem), 1fr)); }
.case header { display: flex; flex-wrap: wrap; gap: .2rem .6rem; align-items: baseline; }
.case .mark { border-radius: 5px; padding: 0 .45em; font-size: .85rem; font-variant-numeric: tabular-nums; }
.case p { margin: .25rem 0; overflow-wrap: anywhere; }
ol, ul { padding-left: 1.4rem; margin: .4rem 0; }
li { margin: .25rem 0; }
li:target { background: var(--unchecked); }
details { margin: .6rem 0; }
summary { cursor: pointer; }`;
