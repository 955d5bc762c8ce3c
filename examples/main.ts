import { UsageError, runProgram } from './commandLine.js';
import { EXAMPLE_FLAGS, runExample } from './example.js';
import { EXAMPLES } from './list.js';

/* npm run example -- NAME [flags]: runs one of the examples; without a name, lists them. */

async function main(): Promise<number> {
  const [name, ...args] = process.argv.slice(2);
  if (name === undefined || name === '--help') {
    console.log(`npm run example -- NAME ${EXAMPLE_FLAGS}\n`);
    for (const [each, load] of Object.entries(EXAMPLES)) console.log(`  ${each.padEnd(16)} ${(await load()).example.title}`);
    console.log(`  ${'mnist-cnn'.padEnd(16)} a convolutional network reads digits; it has a command of its own: npm start`);
    return 0;
  }
  const load = Object.hasOwn(EXAMPLES, name) ? EXAMPLES[name] : undefined;
  if (!load) throw new UsageError(`there is no example ${name}; choose one of ${Object.keys(EXAMPLES).join(', ')}, or npm start for mnist-cnn`);
  return runExample((await load()).example, args);
}

runProgram('example', main);
