/** A mistake on the command line: one line on stderr and exit code 2. */
export class UsageError extends Error {}
