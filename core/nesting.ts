import { AutogradError } from './errors.js';

/**
 * Takes `entry` off the list of calls that are still open, whatever happens: none may outlive its call. Throws unless it was the last
 * to begin: asynchronous ones that overlap would each take what belongs to the other.
 */
export function endNested<Entry>(what: string, open: Entry[], entry: Entry): void {
  const at = open.lastIndexOf(entry);
  const isInnermost = at === open.length - 1;
  open.splice(at, 1);
  if (!isInnermost) throw new AutogradError(`${what} ended out of order; await an asynchronous one before starting another`);
}
