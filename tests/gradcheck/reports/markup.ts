const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

/** Text that may stand in XML and HTML: no markup, no control characters. */
export function escapeMarkup(text: string): string {
  return text.replace(/[\u0000-\u001f]/g, ' ').replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

/** 12,345 */
export const count = (n: number) => n.toLocaleString('en');

/** A figure with a label under it; `verdict` colours it. */
export function tile(value: string, label: string, verdict: '' | 'PASS' | 'FAIL' | 'UNCHECKED' = ''): string {
  return `<div class="tile ${verdict}"><b>${value}</b><span>${escapeMarkup(label)}</span></div>`;
}
