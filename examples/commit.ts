import { spawnSync } from 'node:child_process';

/** The commit that is checked out, with a `+` if files other than recorded results differ from it; null outside a git checkout. */
export function currentCommit(): string | null {
  const git = (...args: string[]) => spawnSync('git', args, { encoding: 'utf8' });
  const head = git('rev-parse', '--short=12', 'HEAD');
  if (head.status !== 0) return null;
  const changed = git('status', '--porcelain', '--untracked-files=no', '--', '.', ':!*/results/*').stdout.trim() !== '';
  return `${head.stdout.trim()}${changed ? '+' : ''}`;
}
