import { escapeMarkup } from '../../../examples/markup.js';

/** 12,345 */
export const count = (n: number) => n.toLocaleString('en');

/** A figure with a label under it; `verdict` colours it. */
export function tile(value: string, label: string, verdict: '' | 'PASS' | 'FAIL' | 'UNCHECKED' = ''): string {
  return `<div class="tile ${verdict}"><b>${value}</b><span>${escapeMarkup(label)}</span></div>`;
}
