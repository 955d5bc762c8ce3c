import { FormatError } from '../core/errors.js';
import { readFolder, readWhole } from './files.js';

/** Texts with a class each: the reviews of IMDB, the sentences of rt-polarity. */
export interface LabelledTexts {
  readonly texts: readonly string[];
  readonly labels: Int32Array;
}

/** A file's text in UTF-8, without a byte order mark; bytes that are not UTF-8 become the replacement character. */
export async function readText(path: string): Promise<string> {
  return new TextDecoder().decode(await readWhole(path));
}

/** One text a line; empty lines are left out. */
export async function readLines(path: string): Promise<string[]> {
  return (await readText(path)).split(/\r?\n/).filter((line) => line.trim() !== '');
}

/** One file a class, one text a line: the class of a text is the place of its file in the list. */
export async function readLabelledLines(paths: readonly string[]): Promise<LabelledTexts> {
  const classes = await Promise.all(paths.map(readLines));
  return { texts: classes.flat(), labels: Int32Array.from(classes.flatMap((lines, label) => lines.map(() => label))) };
}

/** Files open at a time: systems allow a process about a thousand. */
const FILES_AT_ONCE = 64;

/** One folder a class, one file a text, as IMDB's reviews come: `root/neg/*.txt`, `root/pos/*.txt`. Files in the order of their names. */
export async function readLabelledFolders(root: string, classes: readonly string[]): Promise<LabelledTexts> {
  const texts: string[] = [];
  const labels: number[] = [];
  for (const [label, name] of classes.entries()) {
    const folder = `${root}/${name}`;
    const files = (await readFolder(folder, `a folder with the texts of class ${name}`)).filter((file) => file.endsWith('.txt')).sort();
    if (files.length === 0) throw new FormatError({ file: folder, offset: 0, expected: 'files that end in .txt', found: 'none' });
    for (let i = 0; i < files.length; i += FILES_AT_ONCE) {
      const read = await Promise.all(files.slice(i, i + FILES_AT_ONCE).map((file) => readText(`${folder}/${file}`)));
      for (const text of read) {
        texts.push(text);
        labels.push(label);
      }
    }
  }
  return { texts, labels: Int32Array.from(labels) };
}
