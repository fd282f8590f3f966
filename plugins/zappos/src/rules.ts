// Zappos's way of judging customer service: by contacts alone, and never by how long one takes. Each number's source stands in
// the README.

import { continuous, rules } from "@andon/rules";

import { name, version } from "../package.json";
import { classify } from "./classify.ts";
import { evaluate } from "./evaluate.ts";
import { declare } from "./manifest.ts";
import { read } from "./settings.ts";

export const judge = rules({ marketplace: name, name, version, cadence: continuous }, (declaration) => {
  const codes = declare(declaration);
  return (given) => {
    const settings = read(codes.settings, given);
    return {
      classify: (now, subject) => classify(codes, settings, now, subject),
      evaluate: (snapshot) => evaluate(codes, snapshot),
    };
  };
});
