import { AutogradError } from './errors.js';

/** Takes `entry` off the list of calls that are still open: none may outlive its call. Was it the last to begin? */
export function leaveNested<Entry>(open: Entry[], entry: Entry): boolean {
  const at = open.lastIndexOf(entry);
  open.splice(at, 1);
  return at === open.length;
}

/** The same for a call that ended well. Throws unless it was the last to begin: calls that overlap each take what is the other's. */
export function endNested<Entry>(what: string, open: Entry[], entry: Entry): void {
  if (!leaveNested(open, entry)) throw new AutogradError(`${what} ended out of order; await an asynchronous one before starting another`);
}
