// The JavaScript engine without chance and clock, so that the same sources make the same bytes: the tool's own keeps the seeds of
// its hash tables, and the moment it was started, in what it makes.
//
// The tool holds its engines as modules within its binary, and takes another if it is given one. So the engine is found there, and
// each import of something that differs from run to run is given the name of one that takes the same and does not differ.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const MAGIC = Buffer.from("\0asm\x01\0\0\0", "latin1");
const [IMPORTS, LAST] = [2, 13];
/** Only engines that can wait import this. */
const WAITS = Buffer.from("$root");
const INSTEAD = [
  [["wasi:random/insecure-seed@0.2.9", "insecure-seed"], ["wasi:cli/environment@0.2.9", "get-arguments"]],
  [["wasi:clocks/wall-clock@0.2.0", "now"], ["wasi:clocks/wall-clock@0.2.0", "resolution"]],
  [["wasi:clocks/monotonic-clock@0.2.0", "now"], ["wasi:clocks/monotonic-clock@0.2.0", "resolution"]],
];

/** The bytes of the engine: of those in the tool that cannot wait, the one made for speed, which is the larger. The tool must be loaded. */
export async function engine() {
  const { cache } = createRequire(import.meta.url);
  const binary = Object.keys(cache).find((file) => file.endsWith(".node"));
  const engines = modules(binary === undefined ? Buffer.of() : await readFile(binary))
    .map((sections) => ({ sections, imports: sections.find(({ id }) => id === IMPORTS)?.body ?? Buffer.of() }))
    .filter(({ imports }) => imports.includes(written(INSTEAD[0][0])) && !imports.includes(WAITS))
    .map(({ sections }) => Buffer.concat([MAGIC, ...sections.map(steady)]));
  if (engines.length === 0) {
    throw new Error("componentize-qjs holds no engine that is known here; another version than the lock file's is installed");
  }
  return engines.reduce((a, b) => (b.length > a.length ? b : a));
}

/** The modules that lie somewhere in a file, each as its sections. */
function modules(file) {
  const found = [];
  for (let at = file.indexOf(MAGIC); at >= 0; at = file.indexOf(MAGIC, at + MAGIC.length)) {
    const sections = [];
    let next = at + MAGIC.length;
    while (file[next] <= LAST && !file.subarray(next, next + MAGIC.length).equals(MAGIC)) {
      const [length, start] = number(file, next + 1);
      sections.push({ id: file[next], body: file.subarray(start, start + length) });
      next = start + length;
    }
    found.push(sections);
  }
  return found;
}

/** A section as it is written, its imports replaced. */
function steady({ id, body }) {
  if (id === IMPORTS) {
    for (const [from, to] of INSTEAD) {
      const [old, at] = [written(from), body.indexOf(written(from))];
      if (at >= 0) {
        body = Buffer.concat([body.subarray(0, at), written(to), body.subarray(at + old.length)]);
      }
    }
  }
  return Buffer.concat([Buffer.of(id), leb(body.length), body]);
}

/** An import's module and name as a module writes them. */
function written(names) {
  return Buffer.concat(names.flatMap((name) => [leb(name.length), Buffer.from(name)]));
}

function leb(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) {
    bytes.push((value % 128) + 128);
  }
  return Buffer.of(...bytes, value);
}

/** A number as a module writes it, and where what follows it begins. */
function number(file, at) {
  let value = 0;
  for (let place = 1; ; place *= 128) {
    const byte = file[at++];
    value += (byte % 128) * place;
    if (!(byte > 127)) {
      return [value, at];
    }
  }
}
