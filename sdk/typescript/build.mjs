// Makes an engine of rules: checks the types, bundles the sources into one script, and lets the JavaScript engine read it. What
// comes out is the engine as it is after that, still with the tool's own imports; `andon` links them away.
//
//   node build.mjs PROJECT WIT OUT
//
// The same sources make the same bytes, on any day. What is there and was made of them is left as it is, to save the seconds.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { componentize } from "componentize-qjs";
import { build } from "esbuild";

import { engine } from "./engine.mjs";

const STDERR = 2;
const [project, wit, out] = process.argv.slice(2).map((given) => path.resolve(given));
const sdk = path.dirname(fileURLToPath(import.meta.url));
const inSdk = (name) => path.join(sdk, name);
const tsconfig = path.join(project, "tsconfig.json");

function typesAreSound() {
  const tsc = [inSdk("node_modules/typescript/bin/tsc"), "--project", tsconfig, "--pretty", "false"];
  return spawnSync(process.execPath, tsc, { cwd: project, stdio: ["ignore", STDERR, STDERR] }).status === 0;
}

async function bundle() {
  const { main } = JSON.parse(await readFile(path.join(project, "package.json"), "utf8"));
  const { outputFiles, metafile } = await build({
    absWorkingDir: project,
    entryPoints: [main],
    inject: [inSdk("src/pure.ts")],
    tsconfig,
    bundle: true,
    format: "esm",
    target: "es2023",
    platform: "neutral",
    mainFields: ["module", "main"],
    charset: "utf8",
    legalComments: "none",
    write: false,
    metafile: true,
  });
  if (!Object.values(metafile.outputs)[0].exports.includes("judge")) {
    throw new Error(`${main} exports no \`judge\`, by which a host finds the rules`);
  }
  return outputFiles[0].text;
}

async function started(script) {
  const runtimeBytes = await engine();
  const { component } = await componentize({ witPath: wit, world: "rules", jsSource: script, runtimeBytes });
  return component;
}

async function run() {
  if (!typesAreSound()) {
    return false;
  }
  const script = await bundle();
  const files = [path.join(wit, "rules.wit"), inSdk("package-lock.json"), inSdk("engine.mjs")];
  const madeOf = [script, ...(await Promise.all(files.map((file) => readFile(file))))];
  const key = madeOf.reduce((hash, part) => hash.update(part).update("\0"), createHash("sha256")).digest("hex");
  const known = await readFile(`${out}.key`, "utf8").catch(() => "");
  if (known !== key) {
    await writeFile(`${out}.key`, "");
    await writeFile(out, await started(script));
    await writeFile(`${out}.key`, key);
  }
  return true;
}

try {
  process.exitCode = (await run()) ? 0 : 1;
} catch (error) {
  // esbuild has said already what it found wrong.
  if (!Array.isArray(error.errors)) {
    console.error(error.message);
  }
  process.exitCode = 1;
}
